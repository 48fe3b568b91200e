// Cut at every byte: what a client is told does not depend on where its connection breaks. Cursor, answer and data lead
// everybody to the head, with nothing lost, nothing twice and nothing out of order (P-POS-3, P-SUB-4 to P-SUB-6, P-DATA-1).
import { describe, expect, test } from 'vitest';
import { runCuts } from './every-byte.js';
import type { Kind } from './script.js';

const FRAMES = 200;
/** Between two cuts of one client; by then it is back. */
const STRIDE = 4;
/** A client that is cut in a handshake is cut in its first, without a cursor, and in two more, with one. */
const HANDSHAKE_CUTS_BEFORE = [4, 12];
const HANDSHAKE_FRAMES = 40;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

describe.each<Kind>(['state', 'collection', 'stream'])('a %s', (kind) => {
  test(`P-APP-1 to P-APP-4 hold when the connection is cut after each byte of each of ${String(FRAMES)} frames`, async () => {
    const whole = await runCuts({ kind, clients: 1, frames: FRAMES });
    expect(whole.problems).toEqual([]);
    const lengths = whole.messageBytes.toClient.slice(-FRAMES);
    const run = await runCuts({
      kind,
      clients: STRIDE * (Math.max(...lengths) + 1),
      frames: FRAMES,
      plan: (line, client, frame) => {
        const afterBytes = Math.floor(client / STRIDE);
        const isDue = frame >= 0 && (client + frame) % STRIDE === 0;
        if (isDue && afterBytes <= (lengths[frame] ?? 0))
          line.cutPresent({ direction: 'toClient', afterBytes });
      },
    });
    expect(run.problems).toEqual([]);
    // After no byte of a frame, after each, and after the last: as many cuts as bytes, and one more for each frame.
    expect(run.cuts).toBe(sum(lengths) + FRAMES);
  });

  test.each(['toServer', 'toClient'] as const)(
    'P-APP-1 to P-APP-4 hold when a connection is cut after each byte of its handshake %s, with a cursor and without',
    async (direction) => {
      const whole = await runCuts({
        kind,
        clients: 1,
        frames: HANDSHAKE_FRAMES,
        plan: (line, _client, frame) => {
          if (frame === HANDSHAKE_CUTS_BEFORE[0]) line.reset();
        },
      });
      expect(whole.problems).toEqual([]);
      // The client asks in one message: `hello` and `sub`. It is answered `welcome`, `subd`, and what leads to the head.
      const first = whole.messageBytes[direction].slice(0, direction === 'toServer' ? 1 : 3);
      const clients = sum(first) + 1;
      const run = await runCuts({
        kind,
        clients,
        frames: HANDSHAKE_FRAMES,
        plan: (line, client, frame) => {
          if (frame === -1) line.cutNext({ direction, afterBytes: client });
          if (!HANDSHAKE_CUTS_BEFORE.includes(frame)) return;
          line.cutNext({ direction, afterBytes: client });
          line.reset();
        },
      });
      expect(run.problems).toEqual([]);
      expect(run.cuts).toBe(clients * (1 + HANDSHAKE_CUTS_BEFORE.length));
    },
  );
});

test.each<[Kind, RegExp, string]>([
  ['state', /"bid":(\d+)/, '"bid":1$1'],
  ['collection', /"size":(\d+)/, '"size":1$1'],
  ['stream', /"i":(\d+)/, '"i":1$1'],
])('a %s that is not what the script says is noticed', async (kind, where, otherwise) => {
  const tamper = (text: string) => text.replace(where, otherwise);
  const { problems } = await runCuts({ kind, clients: 1, frames: 5, tamper });
  expect(problems.length).toBeGreaterThan(4);
});
