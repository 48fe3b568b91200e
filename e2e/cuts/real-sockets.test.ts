// The same over real sockets: a sample of the bytes, torn by the fault proxy in the middle of what `ws` reads and writes.
import { createServer } from '@tickwire/server';
import { SeededRandom } from '@tickwire/testing';
import { createFaultProxy, type FaultMatch } from '@tickwire/testing/proxy';
import { afterEach, expect, test } from 'vitest';
import { Reader } from './reader.js';
import { contract, type Kind, Script } from './script.js';

const CUTS = 60;
/** Longest that a client may take to come back: it waits 20 ms at most. */
const PATIENCE_MS = 5_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function until(holds: () => boolean): Promise<void> {
  for (const begunMs = performance.now(); !holds();) {
    if (performance.now() - begunMs > PATIENCE_MS) throw new Error('the client did not reach the head');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

interface PlannedCut {
  readonly match: FaultMatch;
  readonly afterBytes: number;
  /** The message comes on a new connection only. */
  readonly isOfHandshake: boolean;
}

/** Where the next cut is: in a frame of data, in an answer, or in the question. */
function drawCut(random: SeededRandom): PlannedCut {
  const afterBytes = random.int(0, 60);
  return random.pick<PlannedCut>([
    { match: { direction: 'toClient', frame: ['f', 'd', 'e'] }, afterBytes, isOfHandshake: false },
    { match: { direction: 'toClient', frame: ['welcome', 'subd'] }, afterBytes, isOfHandshake: true },
    { match: { direction: 'toServer', frame: 'sub' }, afterBytes: 3 * afterBytes, isOfHandshake: true },
  ]);
}

test.each<Kind>(['state', 'collection', 'stream'])(
  'P-APP-1 to P-APP-4 hold for a %s whose connection is torn in the middle of messages',
  async (kind) => {
    const random = new SeededRandom(`torn ${kind}`);
    const server = createServer(contract, {
      authenticate: () => ({ principal: {} }),
      authorize: { state: () => true, collection: () => true, stream: () => true },
      commands: {},
      logger: () => undefined,
    });
    cleanups.push(() => server.close({ drainMs: 0 }));
    const { url: target } = await server.listen({ port: 0, host: '127.0.0.1' });
    const proxy = await createFaultProxy({ target });
    cleanups.push(() => proxy.close());
    const script = new Script(server, kind, random.fork('script'));
    await script.step();
    const reader = new Reader(kind, script, { url: proxy.url, random: random.fork('client') });
    cleanups.push(() => reader.close());
    await until(() => reader.isAtHead);

    const dice = random.fork('cuts');
    for (let cut = 0; cut < CUTS; cut++) {
      const { match, afterBytes, isOfHandshake } = drawCut(dice);
      proxy.setRules([{ match: { ...match, nth: 1 }, then: { do: 'truncate', afterBytes } }]);
      if (isOfHandshake) proxy.cutAll();
      for (let step = dice.int(1, 3); step > 0; step--) {
        await script.step();
        if (dice.chance(0.5)) await new Promise((resolve) => setTimeout(resolve, dice.int(0, 5)));
      }
      await until(() => reader.isAtHead && proxy.stats.faults.truncate === cut + 1);
    }
    reader.checkEnd();
    expect(reader.problems).toEqual([]);
  },
);
