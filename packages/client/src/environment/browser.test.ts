// @vitest-environment jsdom
import { afterEach, describe, expect, test, vi } from 'vitest';
import { browserEnvironment } from './browser.js';
import { systemClock } from './clock.js';
import { systemRandom } from './random.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  localStorage.clear();
});

describe('the page', () => {
  test('reports what may mean that it woke, until it is not asked any more', () => {
    const events: string[] = [];
    const stop = browserEnvironment.subscribe((event) => events.push(event));
    document.dispatchEvent(new Event('visibilitychange'));
    window.dispatchEvent(new Event('pageshow'));
    window.dispatchEvent(new Event('focus'));
    window.dispatchEvent(new Event('offline'));
    window.dispatchEvent(new Event('online'));
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    document.dispatchEvent(new Event('visibilitychange'));
    expect(events).toEqual(['visible', 'visible', 'visible', 'offline', 'online', 'hidden']);
    expect(browserEnvironment.isHidden()).toBe(true);
    stop();
    window.dispatchEvent(new Event('online'));
    expect(events).toHaveLength(6);
  });

  test('its own origin is where the server is looked for', () => {
    expect(browserEnvironment.urlOf('/tickwire')).toBe('ws://localhost:3000/tickwire');
  });

  test('debug is asked for in localStorage, which may be forbidden', () => {
    expect(browserEnvironment.wantsDebug()).toBe(false);
    localStorage.setItem('debug', 'other,tickwire');
    expect(browserEnvironment.wantsDebug()).toBe(true);
    vi.stubGlobal('localStorage', {
      getItem: () => {
        throw new Error('forbidden');
      },
    });
    expect(browserEnvironment.wantsDebug()).toBe(false);
  });

  test("frames are the page's, and can be called off", () => {
    const cancelled: number[] = [];
    vi.stubGlobal('requestAnimationFrame', (run: () => void) => (run(), 7));
    vi.stubGlobal('cancelAnimationFrame', (id: number) => cancelled.push(id));
    const run = vi.fn();
    browserEnvironment.requestFrame?.(run)();
    expect(run).toHaveBeenCalledOnce();
    expect(cancelled).toEqual([7]);
  });
});

describe('the platform', () => {
  test('a delay beyond what a timer can hold does not fire at once', () => {
    vi.useFakeTimers();
    try {
      const run = vi.fn();
      const cancel = systemClock.setTimer(30 * 86_400_000, run);
      vi.advanceTimersByTime(24 * 86_400_000);
      expect(run).not.toHaveBeenCalled();
      cancel();
      systemClock.setTimer(Infinity, run);
      vi.advanceTimersByTime(24 * 86_400_000);
      expect(run).not.toHaveBeenCalled();
      vi.advanceTimersByTime(86_400_000);
      expect(run).toHaveBeenCalledOnce();
    } finally {
      vi.useRealTimers();
    }
  });

  test("clock and dice are the platform's", () => {
    expect(systemClock.wallMs()).toBeGreaterThan(1.7e12);
    expect(systemClock.monotonicMs()).toBeGreaterThan(0);
    expect(systemRandom.float()).toBeLessThan(1);
  });
});
