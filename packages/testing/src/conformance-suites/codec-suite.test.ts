import { type Codec, jsonCodec } from '@tickwire/protocol';
import { describe, expect, test } from 'vitest';
import { codecCases, testCodec } from './codec-suite.js';

testCodec(jsonCodec, { describe, test });

describe('the suite finds', () => {
  async function failures(broken: Partial<Codec>): Promise<string[]> {
    const failed: string[] = [];
    for (const { name, run } of codecCases({ ...jsonCodec, ...broken })) {
      await run().catch(() => failed.push(name));
    }
    return failed;
  }

  test('a codec that parses before it looks at bounds', async () => {
    const failed = await failures({
      decode: (message) => {
        const frames = message.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
        return { ok: true, frames };
      },
    });
    expect(failed).toEqual([
      'P-FRAME-4 as many frames as are allowed are decoded, and one more is refused',
      'P-FRAME-4 as deep as is allowed is decoded, and one level more is refused with the number of its frame',
      "P-FRAME-4 a frame's own keys are bounded, those of its payload are not",
      'P-FRAME-2 an empty message is a fault',
      'P-FRAME-3 nothing that arrives makes it throw, and whatever is decoded is a list of objects',
    ]);
  });

  test('a codec that loses a field, and one that joins in the wrong order', async () => {
    expect(await failures({ encode: (frame) => JSON.stringify({ ...frame, b: undefined }) })).toEqual([
      'every frame comes back as it was',
      'P-FRAME-1 several frames are one message, in order',
    ]);
    expect(await failures({ join: (frames) => frames.toReversed().join('\n') })).toContain(
      'P-FRAME-1 several frames are one message, in order',
    );
  });
});
