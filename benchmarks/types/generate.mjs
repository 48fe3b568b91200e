// Generates TypeScript for the compiler benchmark: schemas as applications write them, each a little different.

const HEAD = `import * as z from 'zod';
import { defineContract } from '../../../../packages/protocol/src/contract/contract.js';
import { collection, command, state, stream } from '../../../../packages/protocol/src/contract/definition.js';
import type { InferInput, InferItem, InferOutput, InferParams, InferValue, ParamsArgument } from '../../../../packages/protocol/src/contract/infer.js';
`;
/** Keeps both libraries loaded in every variant, so that only the contract differs. */
const KEEP = `export const kept = [z.object, state, collection, stream, command, defineContract] as const;
export type Kept = [InferItem<never, never>, InferValue<never, never>, InferParams<never, never>, ParamsArgument<never, never>, InferInput<never, never>, InferOutput<never, never>];
`;

function schemas(size) {
  const lines = [];
  for (let index = 0; index < size; index += 1) {
    lines.push(`const Item${index} = z.object({
  id: z.string(), symbol${index}: z.string().max(32), price: z.number(), size: z.number().int(),
  side: z.enum(['buy', 'sell', 'none${index}']), note: z.string().optional(), venue: z.string().nullable(),
  levels: z.array(z.object({ price: z.number(), size${index}: z.number() })).max(50),
});`);
  }
  return lines.join('\n');
}

export function importsSource() {
  return HEAD + KEEP;
}

/** The schemas, and \`z.infer\` of each with one field of it used. */
export function schemasSource(size) {
  const uses = [];
  for (let index = 0; index < size; index += 1) {
    uses.push(`export type T${index} = z.infer<typeof Item${index}>;
export const use${index} = (item: T${index}): number => item.price;`);
  }
  return [HEAD, KEEP, schemas(size), ...uses].join('\n');
}

/** The same schemas in a contract; every channel's params, item and value used as a client would. */
export function contractSource(size) {
  const channels = [];
  const uses = [];
  for (let index = 0; index < size; index += 1) {
    const kind = index % 3;
    const name =
      kind === 0 ? `state${index}/{symbol}` : kind === 1 ? `records${index}/{user}/{book}` : `events${index}`;
    const definition =
      kind === 0
        ? `state(Item${index}, { staleAfterMs: 5_000 })`
        : kind === 1
          ? `collection(Item${index}, { key: 'id' })`
          : `stream(Item${index}, { history: { size: 100, ttlMs: 60_000 } })`;
    channels.push(`    '${name}': ${definition},`);
    const read =
      kind === 0 ? 'value.price' : kind === 1 ? `value.get('a')?.price ?? 0` : 'value[0]?.price ?? 0';
    const args = kind === 0 ? `{ symbol: 'A' }` : kind === 1 ? `{ user: 'u', book: 'b' }` : '';
    uses.push(`export type T${index} = InferItem<typeof generated, '${name}'>;
export const use${index} = (value: InferValue<typeof generated, '${name}'>): number => ${read};
channel('${name}'${args === '' ? '' : `, ${args}`});`);
  }
  return [
    HEAD,
    KEEP,
    schemas(size),
    `export const generated = defineContract({
  name: 'generated',
  version: '1.0.0',
  channels: {
${channels.join('\n')}
  },
  commands: { place: command({ input: Item0, output: Item1, errors: { refused: Item2 } }) },
});
declare function channel<N extends keyof (typeof generated)['channels']>(name: N, ...params: ParamsArgument<typeof generated, N>): InferValue<typeof generated, N>;
export type Placed = [InferInput<typeof generated, 'place'>, InferOutput<typeof generated, 'place'>];`,
    ...uses,
  ].join('\n');
}
