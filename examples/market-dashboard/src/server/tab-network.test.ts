import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createTabNetwork } from './tab-network.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A connection over the loopback: both ends, and how the far one ends. */
async function connection(): Promise<{ readonly near: Socket; readonly ended: Promise<string> }> {
  const server = createServer();
  cleanups.push(() => server.close());
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  cleanups.push(() => far.destroy());
  const ended = new Promise<string>((resolve) => {
    far.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    far.once('end', () => resolve('end'));
  });
  return { near: await accepted, ended };
}

test('a cut resets what is open, refuses what is new, and ends by itself', async () => {
  let nowMs = 0;
  const network = createTabNetwork(() => nowMs);
  const first = await connection();
  expect(network.admit('a', first.near)).toBe(true);
  network.cut('a', 5_000);
  expect(await first.ended).toBe('ECONNRESET');

  nowMs = 4_999;
  const second = await connection();
  expect(network.admit('a', second.near)).toBe(false);
  expect(await second.ended).toBe('ECONNRESET');

  nowMs = 5_000;
  const third = await connection();
  expect(network.admit('a', third.near)).toBe(true);
  expect(third.near.destroyed).toBe(false);
});

test('a cut of one tab leaves the others alone; cutting all leaves nobody', async () => {
  const network = createTabNetwork();
  const [one, two] = [await connection(), await connection()];
  network.admit('a', one.near);
  network.admit('b', two.near);
  network.cut('a', 1_000);
  expect(await one.ended).toBe('ECONNRESET');
  expect(two.near.destroyed).toBe(false);
  network.cutAll();
  expect(await two.ended).toBe('ECONNRESET');
});

test('a connection that is just being closed ends too', async () => {
  const network = createTabNetwork();
  const { near } = await connection();
  network.admit('a', near);
  const closed = new Promise((resolve) => near.once('close', resolve));
  near.write('x'.repeat(1_000_000));
  near.end();
  network.cutAll();
  await closed;
  expect(near.destroyed).toBe(true);
});

test('loses the asked share of messages of that tab, and none of others', () => {
  const draws = [0.05, 0.5, 0.09, 0.1];
  const network = createTabNetwork(undefined, () => draws.shift() ?? 1);
  network.setDropShare('a', 0.1);
  expect([1, 2, 3, 4].map(() => network.loses('a'))).toEqual([true, false, true, false]);
  expect(network.loses('b')).toBe(false);
  network.setDropShare('a', 0);
  expect(network.loses('a')).toBe(false);
});

test('a thousand tabs that came and went are not remembered for ever', () => {
  const network = createTabNetwork(undefined, () => 0);
  for (let index = 0; index <= 1_000; index++) network.setDropShare(`tab ${index}`, 0.5);
  expect(network.loses('tab 0')).toBe(false);
  expect(network.loses('tab 1000')).toBe(true);
});
