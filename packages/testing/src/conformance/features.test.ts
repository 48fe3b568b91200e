// What a server says it offers, however it writes its JSON; and what becomes of one that cannot be judged.
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../clock/virtual-clock.js';
import { SeededRandom } from '../random/seeded-random.js';
import { textFrameEncoder } from '../script/server-platform.js';
import { createConformanceServer } from './conformance-server.js';
import { createMemoryWire } from './memory-wire.js';
import { runConformance, UnreachableServer, type VectorResult } from './run.js';
import type { ConformanceWire, ServerVector } from './server-script.js';

const needsContract: ServerVector = {
  id: 'echo',
  rule: 'P-CMD-1',
  name: 'an echo',
  needs: ['contract'],
  script: [{ hello: {} }, { do: { m: 'echo', v: { say: 'hi' } }, gives: { said: 'hi' } }],
};

/** Judges the right server of this repository behind a wire that changes what it says as text. */
async function judge(wireOf: (wire: ConformanceWire) => ConformanceWire): Promise<readonly VectorResult[]> {
  const clock = new VirtualClock();
  const random = new SeededRandom('features');
  const server = createConformanceServer({ clock, random, frameEncoder: textFrameEncoder });
  const wire = wireOf(createMemoryWire(server));
  let isOver = false;
  const run = runConformance({ vectors: [needsContract], wire, clock, runId: 'run' }).finally(() => {
    isOver = true;
  });
  // The test looks at the outcome below; a rejection meanwhile is no unhandled one.
  run.catch(() => undefined);
  while (!isOver) await clock.advance(50);
  await server.close({ drainMs: 0 });
  return run;
}

/** A server that writes its lines in another way. */
function writing(change: (line: string) => string): (wire: ConformanceWire) => ConformanceWire {
  return (wire) => ({
    ...wire,
    open: (request, events) =>
      wire.open(request, {
        ...events,
        onMessage: (data) =>
          events.onMessage(typeof data === 'string' ? data.split('\n').map(change).join('\n') : data),
      }),
  });
}

/** A server that answers the question for its features with other text. */
const answering = (answer: string) => writing((line) => (line.includes('"features"') ? answer : line));

describe('what a server offers', () => {
  test('is found where its JSON has spaces', async () => {
    const spaced = (line: string): string =>
      JSON.stringify(JSON.parse(line), null, 1).replaceAll(/\n\s*/g, ' ');
    expect(await judge(writing(spaced))).toMatchObject([{ id: 'echo', outcome: 'passed' }]);
  });

  test('is found where its answer holds more besides, brackets and escapes among it', async () => {
    const answer = String.raw`{"v":{"about":[["]"]],"features":["odd]","\u0063ontract"]},"id":1,"t":"res"}`;
    expect(await judge(answering(answer))).toMatchObject([{ id: 'echo', outcome: 'passed' }]);
  });

  test.each([
    ['no list', '{"t":"res","id":1,"v":{"features":"contract"}}'],
    ['a list of something else', '{"t":"res","id":1,"v":{"features":["contract",1]}}'],
    ['nothing', '{"t":"res","id":1,"v":null}'],
    [
      'an error',
      '{"t":"res","id":1,"err":{"c":"unknown_command","x":"no"},"later":{"features":["contract"]}}',
    ],
  ])('is nothing where it answers %s', async (_name, answer) => {
    expect(await judge(answering(answer))).toMatchObject([
      { id: 'echo', outcome: 'skipped', why: 'needs contract' },
    ]);
  });

  test('is not read from a frame that answers something else', async () => {
    const other = '{"t":"later","id":1,"v":{"features":["contract"]}}\n{"t":"res","id":1,"v":{}}';
    expect(await judge(answering(other))).toMatchObject([{ id: 'echo', outcome: 'skipped' }]);
  });

  test('is unknown where the answer is broken JSON, and the judge says so instead of going down', async () => {
    const failure = await judge(answering('{"t":"res","id":1,"v":{"features":[contract]}}')).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(UnreachableServer);
    expect(failure).toMatchObject({ stage: 'answer' });
    expect(String(failure)).toContain('a message that is not frames');
    expect(String(failure)).toContain('(P-FRAME-2)');
  });
});

describe('a server that cannot be judged', () => {
  const refusing = (status: number | null, reason?: string) => (): ConformanceWire => ({
    origin: 'http://memory',
    features: [],
    open: (_request, events) => {
      void Promise.resolve().then(() => events.onRefused(status, reason));
      return { send: () => undefined, cut: () => undefined };
    },
  });

  test.each([
    ['the reason of the wire', refusing(null, 'nothing listens there'), 'nothing listens there'],
    ['the HTTP status', refusing(404), 'the upgrade was refused with HTTP status 404'],
    ['that there was no reason', refusing(null), 'the upgrade was refused without an answer'],
  ])('is reported with %s, and without the step of a script', async (_name, wireOf, message) => {
    await expect(judge(wireOf)).rejects.toMatchObject({
      name: 'UnreachableServer',
      stage: 'upgrade',
      message,
    });
  });

  test('is reported with what it said to a hello, and without the step of a script', async () => {
    const rejecting = writing((line) =>
      line.includes('"welcome"') ? '{"t":"reject","err":{"c":"unauthenticated"}}' : line,
    );
    const failure = await judge(rejecting).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'UnreachableServer', stage: 'answer' });
    expect(String(failure)).toContain('unauthenticated');
    expect(String(failure)).not.toContain('step');
  });
});
