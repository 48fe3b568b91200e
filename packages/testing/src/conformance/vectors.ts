// Vectors: the files of packages/protocol/vectors that are about servers, as scripts: those that are scripts already, and
// tables of which each row is one.
import type { ServerStep, ServerVector } from './server-script.js';
import type { VectorText } from './vector-text.js';

/** A file of vectors, as it is read. */
export interface VectorFile {
  readonly kind: string;
  readonly about: string;
  readonly vectors: readonly VectorRow[];
}

/** What every vector has. */
export interface VectorRow {
  readonly id: string;
  /** The rule it follows from. */
  readonly rule: string;
  /** What is expected, as a sentence. */
  readonly name: string;
}

interface MessageRow extends VectorRow {
  readonly message: VectorText;
  readonly refused?: true;
  readonly for?: 'client' | 'server';
}

interface FrameRow extends VectorRow {
  readonly from: 'client' | 'server';
  readonly frame: Readonly<Record<string, unknown>>;
  readonly outcome: 'accept' | 'refuse' | 'ignore' | 'close';
}

interface ChannelIdRow extends VectorRow {
  readonly param?: unknown;
  readonly segment?: string;
  readonly channel?: VectorText;
  readonly canonical?: boolean;
}

/** Every script for servers that the files hold, in their order. */
export function serverVectorsOf(files: readonly VectorFile[]): readonly ServerVector[] {
  return files.flatMap(({ kind, vectors }) => {
    if (kind === 'server-script') return vectors as readonly ServerVector[];
    if (kind === 'message') return (vectors as readonly MessageRow[]).flatMap(ofMessage);
    if (kind === 'frame') return (vectors as readonly FrameRow[]).flatMap(ofFrame);
    if (kind === 'channel-id') return (vectors as readonly ChannelIdRow[]).flatMap(ofChannelId);
    return [];
  });
}

const script = (
  { id, rule, name }: VectorRow,
  needs: readonly string[],
  ...steps: ServerStep[]
): ServerVector => ({
  id,
  rule,
  name,
  needs,
  script: [{ hello: {} }, ...steps],
});

function ofMessage(row: MessageRow): readonly ServerVector[] {
  if (row.for === 'client') return [];
  const end: ServerStep = row.refused === true ? { closes: [4100] } : { alive: true };
  return [script(row, [], { sayText: row.message }, end)];
}

function ofFrame(row: FrameRow): readonly ServerVector[] {
  const { from, frame, outcome } = row;
  if (from === 'server') return [];
  const say: ServerStep = { say: [frame] };
  if (outcome === 'close') return [script(row, [], say, { closes: [4100] })];
  const { id } = frame;
  const isId = Number.isInteger(id) && Number(id) >= 0 && Number(id) < 2 ** 32;
  const refusal = { t: 'err', ...(isId ? { id } : {}), err: { c: 'bad_frame' } };
  if (outcome === 'refuse') return [script(row, [], say, { hears: refusal }, { alive: true })];
  return [script(row, [], say, { alive: true }, { hearsNone: { t: 'err', err: { c: 'bad_frame' } } })];
}

function ofChannelId(row: ChannelIdRow): readonly ServerVector[] {
  const { channel, canonical, segment } = row;
  const subscribe = (id: VectorText): ServerStep => ({
    // The pieces of an id stand between pieces of JSON; none of them holds what JSON would escape.
    sayText: ['{"t":"sub","id":1,"ch":[{"c":"', ...[id].flat(), '"}]}'],
  });
  if (segment !== undefined) {
    const accepted = { hears: { t: 'subd', r: [{ c: `state/${segment}`, err: { $absent: true } }] } };
    return [script(row, ['contract'], subscribe(`state/${segment}`), accepted)];
  }
  if (channel === undefined || canonical === true) return [];
  // Below a channel that exists, so that nothing but the form can be the reason.
  const id = [channel]
    .flat()
    .map((piece, at) => (at === 0 && typeof piece === 'string' ? piece.replace(/^price/, 'state') : piece));
  const refused = { hears: { t: 'subd', id: 1, r: [{ err: { c: 'forbidden' } }] } };
  return [script(row, ['contract'], subscribe(id), refused)];
}
