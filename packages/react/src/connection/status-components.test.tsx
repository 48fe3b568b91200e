import { act, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { frame, pass, restoreTime, setUp, stopTime } from '../test-support/rendering.js';
import { BACKGROUND, MARKS, TEXT } from './status-look.js';

beforeEach(stopTime);
afterEach(restoreTime);

async function connected() {
  const all = setUp();
  all.client.connect();
  await frame();
  return all;
}

test('each look says Connecting..., Live and Offline, politely, and not by colour alone', async () => {
  for (const name of ['ConnectionStatus', 'FloatingConnectionStatus', 'ConnectionBadge'] as const) {
    const { [name]: Look, client } = setUp();
    const { unmount } = render(<Look />);
    const region = screen.getByRole('status');
    expect(region.getAttribute('aria-live')).toBe('polite');
    const seen: unknown[] = [];
    const look = () =>
      seen.push([region.lastChild?.textContent, region.firstChild?.textContent, region.dataset['status']]);
    look();
    act(() => client.connect());
    await frame();
    look();
    act(() => client.disconnect());
    await pass(1_999);
    look();
    await pass(1);
    look();
    expect(seen).toEqual([
      ['Connecting...', '◐', 'connecting'],
      ['Live', '●', 'live'],
      ['Live', '●', 'live'],
      ['Offline', '○', 'offline'],
    ]);
    // The mark is for eyes, the word for everybody.
    expect((region.firstChild as Element).getAttribute('aria-hidden')).toBe('true');
    unmount();
  }
});

test('a lost connection is Connecting... after afterMs and Offline after offlineAfterMs; a blip is nothing', async () => {
  const { server, ConnectionStatus } = await connected();
  render(<ConnectionStatus afterMs={500} offlineAfterMs={3_000} />);
  const word = () => screen.getByRole('status').lastChild?.textContent;
  act(() => server.drop());
  await pass(499);
  expect(word()).toBe('Live');
  await pass(5_000);
  expect(word()).toBe('Live');
  server.isUp = false;
  act(() => server.drop());
  await pass(500);
  expect(word()).toBe('Connecting...');
  await pass(2_500);
  expect(word()).toBe('Offline');
  expect(screen.getByRole('status').title).not.toBe('');
  server.isUp = true;
  await pass(30_000);
  expect(word()).toBe('Live');
});

test('the render function draws it alone, with everything that is known', async () => {
  const { server, ConnectionStatus } = await connected();
  const { container } = render(
    <ConnectionStatus labels={{ live: 'Live dabei' }}>
      {({ status, label, isConnected, error }) => (
        <b>{[status, label, isConnected, error?.code].join('|')}</b>
      )}
    </ConnectionStatus>,
  );
  expect(container.innerHTML).toBe('<b>live|Live dabei|true|</b>');
  server.isUp = false;
  act(() => server.drop());
  expect(container.textContent).toMatch(/^live\|Live dabei\|false\|.+/);
});

test('hideWhenLive shows nothing while all is well and keeps the live region', async () => {
  const { client, FloatingConnectionStatus } = await connected();
  render(<FloatingConnectionStatus hideWhenLive />);
  const region = screen.getByRole('status');
  expect(region.textContent).toBe('');
  expect(region.getAttribute('style')).toBeNull();
  act(() => client.disconnect());
  await pass(2_000);
  expect(screen.getByRole('status')).toBe(region);
  expect(region.lastChild?.textContent).toBe('Offline');
  expect(region.style.position).toBe('fixed');
});

test('class names and styles of the application are laid over the look', () => {
  const { ConnectionBadge } = setUp();
  render(<ConnectionBadge className="mine" style={{ padding: 7 }} />);
  const region = screen.getByRole('status');
  expect(region.className).toBe('mine');
  expect(region.style.padding).toBe('7px');
});

test('the floating look sits at the bottom left, the badge hides its word from eyes only', () => {
  const { FloatingConnectionStatus, ConnectionBadge } = setUp();
  const { unmount } = render(<FloatingConnectionStatus />);
  const { position, bottom, left } = screen.getByRole('status').style;
  expect([position, bottom, left]).toEqual(['fixed', '1rem', '1rem']);
  unmount();
  render(<ConnectionBadge />);
  const word = screen.getByRole('status').lastChild as HTMLElement;
  expect(word.textContent).toBe('Connecting...');
  expect(word.style.overflow).toBe('hidden');
  expect(word.style.display).not.toBe('none');
});

test('text and every mark have a contrast of at least 4.5 to 1 on a background of their own, in light and dark alike', () => {
  for (const color of [TEXT, ...Object.values(MARKS).map(([, markColor]) => markColor)]) {
    expect(contrast(color, BACKGROUND)).toBeGreaterThanOrEqual(4.5);
  }
});

test('nothing moves: no look has an animation or a transition', () => {
  const { ConnectionStatus } = setUp();
  render(<ConnectionStatus />);
  for (const element of [screen.getByRole('status'), ...screen.getByRole('status').querySelectorAll('*')]) {
    expect(element.getAttribute('style') ?? '').not.toMatch(/animation|transition/);
  }
});

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
