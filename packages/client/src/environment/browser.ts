// Browser environment: the page, where there is one. In Node every question has the answer of a page that is always
// shown and online. Nothing is touched before it is asked for, so importing is safe on a server.
import type { Environment } from '../ports/environment.js';

const page = (): Document | undefined => globalThis.document;
const isHidden = (): boolean => page()?.visibilityState === 'hidden';

/** The page around the client. */
export const browserEnvironment: Environment = {
  isOnline: () => (globalThis.navigator as Navigator | undefined)?.onLine !== false,
  isHidden,
  subscribe(listener) {
    const document = page();
    if (!document) return () => undefined;
    const gone = new AbortController();
    const watch = (target: EventTarget, types: string[]): void => {
      for (const type of types) target.addEventListener(type, onEvent, gone);
    };
    const onEvent = ({ type }: Event): void => {
      listener(type === 'online' || type === 'offline' ? type : isHidden() ? 'hidden' : 'visible');
    };
    watch(document, ['visibilitychange', 'resume']);
    watch(window, ['online', 'offline', 'pageshow', 'focus']);
    return () => gone.abort();
  },
  // Asked at use: a page is not painted on a server.
  get requestFrame() {
    if (!globalThis.requestAnimationFrame as boolean) return undefined;
    return (run: () => void) => {
      const frame = requestAnimationFrame(run);
      return () => cancelAnimationFrame(frame);
    };
  },
  urlOf: (path) => page() && new URL(path, location.href).href.replace(/^http/, 'ws'),
  wantsDebug() {
    try {
      // Nothing is found in what is not there.
      return /tickwire/.test(localStorage.getItem('debug') as string);
    } catch {
      // No page, or storage is forbidden.
      return false;
    }
  },
};
