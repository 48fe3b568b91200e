// A short flash behind a value that changed: green when it rose, red when it fell, none for who asked for less motion.
import { useLayoutEffect, useRef, type RefObject } from 'react';

const DURATION_MS = 550;
const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

/** `scope` names what the value belongs to: another product's price is no change. */
export function useFlash<E extends HTMLElement>(scope: string, value: string | null): RefObject<E | null> {
  const element = useRef<E>(null);
  const before = useRef<{ readonly scope: string; readonly value: string | null }>({ scope, value });
  useLayoutEffect(() => {
    const previous = before.current;
    before.current = { scope, value };
    if (previous.scope !== scope || previous.value === value) return;
    if (previous.value === null || value === null || reducedMotion.matches) return;
    const tone = Number(value) > Number(previous.value) ? 'up' : 'down';
    element.current?.animate(
      [
        { backgroundColor: `var(--${tone}-soft)`, color: `var(--${tone})` },
        { backgroundColor: 'transparent' },
      ],
      { duration: DURATION_MS, easing: 'ease-out' },
    );
  }, [scope, value]);
  return element;
}
