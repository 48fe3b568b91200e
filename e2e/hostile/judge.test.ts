// The judge itself: a server that misbehaves is found out. Without this the tables would prove nothing.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Judge, MAX_STALL_MS } from './judge.js';
import type { Sabotage } from './messages.js';
import { RawSocket } from './raw-socket.js';

let judge: Judge;
beforeAll(async () => {
  judge = await Judge.start();
});
afterAll(() => judge.stop());

test('an honest exchange is no problem', async () => {
  const { problems, stallMs } = await judge.play('standard', async (stage) => {
    const { socket } = await stage.session();
    socket.say({ t: 'req', id: 1, m: 'echo', v: { text: 'hi' } });
    await socket.hearType('res', 1);
  });
  expect(problems).toEqual([]);
  expect(stallMs).toBeLessThanOrEqual(MAX_STALL_MS);
});

test.each<[Sabotage, RegExp]>([
  ['throw', /^uncaughtException: .*sabotage/],
  ['reject', /^unhandledRejection: .*sabotage/],
  ['skip', /^somebody else noticed: after \d+ came \d+$/],
  ['revoke', /^somebody else noticed: disconnected/],
  ['log', /^a log repeats/],
  ['print', /^a log repeats/],
])('a server that does this is found out: %s', async (how, found) => {
  const { problems } = await judge.play('standard', async (stage) => {
    await stage.server.ask('sabotage', { how, text: stage.canary });
  });
  expect(problems.filter((problem) => found.test(problem))).not.toEqual([]);
});

test('a server that blocks its loop is found out', async () => {
  const { stallMs } = await judge.play('standard', async (stage) => {
    await stage.server.ask('sabotage', { how: 'block', text: '' });
  });
  expect(stallMs).toBeGreaterThan(MAX_STALL_MS);
});

test('an answer that repeats what was sent is found out', async () => {
  const { problems } = await judge.play('standard', async (stage) => {
    const { socket } = await stage.session();
    socket.say({ t: 'req', id: 1, m: 'echo', v: { text: stage.canary } });
    await socket.hearType('res', 1);
  });
  expect(problems).toEqual(['an answer repeats what was sent']);
});

test('a connection that is left over is found out', async () => {
  let left: RawSocket | undefined;
  const { problems } = await judge.play('standard', async (stage) => {
    left = await RawSocket.open(await stage.port());
    await left.upgrade();
  });
  left?.destroy();
  expect(problems).toEqual([
    expect.stringMatching(/^left over in the server: connections 2, unauthenticated 1/),
  ]);
});
