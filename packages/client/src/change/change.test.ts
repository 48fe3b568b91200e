// @vitest-environment jsdom
import { describe, expect, test, vi } from 'vitest';
import { setUp } from '../test-support/set-up.js';
import { bindElement } from './bind-element.js';
import { changedFields } from './changed-fields.js';
import { updateElementIfChanged } from './update-element.js';

describe('changedFields', () => {
  test.each<[object | null | undefined, object | null | undefined, string[]]>([
    [{ a: 1, b: [1] }, { a: 1, b: [1] }, []],
    [{ a: 1, b: [1] }, { a: 2, b: [1, 2] }, ['a', 'b']],
    [{ a: 1 }, { b: undefined }, ['a', 'b']],
    [undefined, { a: 1 }, ['a']],
    [{ a: 1 }, null, ['a']],
    [null, undefined, []],
    [{ a: undefined }, {}, ['a']],
    [{}, { toString: 1 }, ['toString']],
  ])('%j to %j', (before, after, expected) => {
    expect(changedFields(before, after)).toEqual(expected);
  });
});

describe('updateElementIfChanged', () => {
  test('writes once, as text, and says whether it did', () => {
    const element = document.createElement('span');
    const write = vi.spyOn(element, 'textContent', 'set');
    expect(updateElementIfChanged(element, 1.5, (value) => value.toFixed(2))).toBe(true);
    expect(updateElementIfChanged(element, 1.501, (value) => value.toFixed(2))).toBe(false);
    expect(write).toHaveBeenCalledOnce();
    updateElementIfChanged(element, '<b>x</b>');
    expect(element.innerHTML).toBe('&lt;b&gt;x&lt;/b&gt;');
    updateElementIfChanged(element, null);
    expect(element.textContent).toBe('');
  });
});

describe('bindElement', () => {
  test('holds nothing where its first text cannot be made', async () => {
    const { clock, client, price, server } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    const release = price.retain();
    await clock.settle();
    const format = (): never => {
      throw new Error('no text');
    };
    expect(() => bindElement(document.createElement('span'), price, format)).toThrow('no text');
    release();
    await clock.advance(5_000);
    expect(client.stats().subscriptions).toEqual([]);
  });

  test('shows data and status, holds the channel, and lets go', async () => {
    const { clock, server, price, client } = setUp();
    const element = document.createElement('span');
    document.body.append(element);
    const stop = bindElement(element, price, ({ bid }) => bid.toFixed(1), { placeholder: '–' });
    expect(element.textContent).toBe('–');
    expect(element.getAttribute('data-tickwire')).toBe('pending');
    await clock.settle();
    server.set('price/A', { bid: 7, ask: 8 });
    expect(element.textContent).toBe('7.0');
    expect(element.getAttribute('data-tickwire')).toBe('live');
    server.pipe.close(1006);
    expect(element.getAttribute('data-tickwire')).toBe('stale');
    expect(element.textContent).toBe('7.0');
    stop();
    await clock.advance(2_000);
    expect(client.stats().subscriptions).toEqual([]);
  });

  test('lets go by itself when the element has left the page; takes a view too', async () => {
    const { clock, server, price, client } = setUp();
    const element = document.createElement('span');
    bindElement(element, price.view({ select: ({ ask }) => ask }), (ask) => `${ask}`, {
      statusAttribute: 'data-status',
    });
    await clock.settle();
    server.set('price/A', { bid: 1, ask: 2 });
    document.body.append(element);
    server.set('price/A', { bid: 1, ask: 3 });
    expect(element.textContent).toBe('3');
    expect(element.getAttribute('data-status')).toBe('live');
    element.remove();
    server.set('price/A', { bid: 1, ask: 4 });
    await clock.advance(2_000);
    expect(element.textContent).toBe('3');
    expect(client.stats().subscriptions).toEqual([]);
  });
});
