// Browser environment: the page, where there is one. In Node every question has the answer of a page that is always
// shown and online. Nothing is touched before it is asked for, so importing is safe on a server.
import type { Environment, EnvironmentEvent } from '../ports/environment.js';

const page = (): Document | undefined => globalThis.document as Document | undefined;

/** The page around the client. */
export const browserEnvironment: Environment = Object.freeze({
  isOnline: () => (globalThis.navigator as Navigator | undefined)?.onLine !== false,
  isHidden: () => page()?.visibilityState === 'hidden',
  subscribe(listener: (event: EnvironmentEvent) => void) {
    const document = page();
    if (document === undefined) return () => undefined;
    const onEvent = ({ type }: Event): void => {
      if (type === 'online' || type === 'offline') listener(type);
      else listener(document.visibilityState === 'hidden' ? 'hidden' : 'visible');
    };
    const sources: [EventTarget, string[]][] = [
      [document, ['visibilitychange', 'resume']],
      [globalThis, ['online', 'offline', 'pageshow', 'focus']],
    ];
    for (const [target, types] of sources) for (const type of types) target.addEventListener(type, onEvent);
    return () => {
      for (const [target, types] of sources)
        for (const type of types) target.removeEventListener(type, onEvent);
    };
  },
  // Asked at use: a page is not painted on a server, and a test may bring one later.
  get requestFrame() {
    if (typeof requestAnimationFrame !== 'function') return undefined;
    return (run: () => void) => {
      const frame = requestAnimationFrame(run);
      return () => cancelAnimationFrame(frame);
    };
  },
  urlOf(path: string) {
    const location = page()?.location;
    return location?.host
      ? `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`
      : undefined;
  },
  wantsDebug() {
    try {
      return page() !== undefined && /tickwire|\*/.test(globalThis.localStorage.getItem('debug') ?? '');
    } catch {
      // Private windows and embedded pages may forbid storage.
      return false;
    }
  },
});
