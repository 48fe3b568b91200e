// Page entry: the text of a program that mounts the components of a page in a document and prints what it shows.

/** What every line begins with that tells what the document shows. */
export const SHOWN = 'SHOWN ';

/** Mounts every component that `module` exports, side by side, with no props. */
export function pageEntry(module: string): string {
  return `import { JSDOM } from 'jsdom';
const { window } = new JSDOM('<!doctype html><main></main>', { url: 'http://localhost:8080/', pretendToBeVisual: true });
const { document } = window;
for (const name of ['window', 'document', 'location', 'navigator', 'requestAnimationFrame', 'cancelAnimationFrame', 'HTMLElement', 'Node', 'AbortController', 'AbortSignal'])
  Object.defineProperty(globalThis, name, { configurable: true, value: name === 'window' ? window : window[name] });
console.log = () => undefined;
console.error = (...words) => { process.stderr.write(words.join(' ') + '\\n'); process.exit(1); };
const { createElement, Fragment } = await import('react');
const { createRoot } = await import('react-dom/client');
const page = await import('./${module}');
const components = Object.entries(page).filter(([name, value]) => /^[A-Z]/.test(name) && typeof value === 'function');
if (components.length === 0) console.error('${module} exports no component.');
const main = document.querySelector('main');
const tell = () => process.stdout.write('${SHOWN}' + main.textContent + '\\n');
new window.MutationObserver(tell).observe(main, { subtree: true, childList: true, characterData: true });
createRoot(main).render(createElement(Fragment, null, ...components.map(([key, of]) => createElement(of, { key }))));
`;
}
