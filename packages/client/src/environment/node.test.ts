import { expect, test } from 'vitest';
import { browserEnvironment } from './browser.js';

test('where there is no page it is always shown and online, and has no origin', () => {
  expect(browserEnvironment.isHidden()).toBe(false);
  expect(browserEnvironment.isOnline()).toBe(true);
  expect(browserEnvironment.requestFrame).toBeUndefined();
  expect(browserEnvironment.urlOf('/tickwire')).toBeUndefined();
  expect(browserEnvironment.wantsDebug()).toBe(false);
  browserEnvironment.subscribe(() => undefined)();
});

test('importing and making a client touches no global', async () => {
  const touched: string[] = [];
  const names = ['document', 'window', 'WebSocket', 'localStorage', 'location', 'requestAnimationFrame'];
  const before = new Map(names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
  for (const name of names) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get() {
        touched.push(name);
        return undefined;
      },
    });
  }
  try {
    const { createClient } = await import('../client.js');
    createClient({ url: 'ws://x', debug: false }).channel('a').getSnapshot();
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    }
  }
  expect(touched.filter((name) => name !== 'WebSocket')).toEqual([]);
});
