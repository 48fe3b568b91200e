// Run: all scripts against one server, several at a time, and what came of each.
import { featuresIn } from './features.js';
import {
  findingOf,
  playServerVector,
  type ConformanceWire,
  type ScriptContext,
  type ScriptFailure,
  type ServerVector,
} from './server-script.js';

/** What came of one vector. */
export interface VectorResult {
  readonly id: string;
  readonly rule: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Failed: what went wrong, and the rule it broke. Skipped: why. */
  readonly failure?: ScriptFailure;
  readonly why?: string;
}

/** How a server is judged. */
export interface ConformanceOptions {
  readonly vectors: readonly ServerVector[];
  readonly wire: ConformanceWire;
  readonly clock: ScriptContext['clock'];
  /** Keeps this run's channels and keys apart from those of other runs. */
  readonly runId: string;
  /** Token of peers whose script names none. */
  readonly token?: string | undefined;
  /** Scripts at a time. @defaultValue 8 */
  readonly concurrency?: number | undefined;
  /** Called as soon as a vector has its result. */
  readonly onResult?: ((result: VectorResult, done: number, total: number) => void) | undefined;
}

/** A server could not be judged at all: nobody is there, or it takes no hello. */
export class UnreachableServer extends Error {
  override readonly name = 'UnreachableServer';
  /** How far a peer came: no connection at all, or one without the right answers. */
  readonly stage: 'upgrade' | 'answer';

  constructor(stage: 'upgrade' | 'answer', message: string) {
    super(message);
    this.stage = stage;
  }
}

const FEATURES_ID = 1;
const FIND_FEATURES: ServerVector = {
  id: 'features',
  rule: 'P-CONN-6',
  name: 'the server is there',
  script: [
    { hello: {} },
    { say: [{ t: 'req', id: FEATURES_ID, m: 'features', v: {} }] },
    { hears: { t: 'res', id: FEATURES_ID } },
  ],
};

/**
 * Plays every vector.
 * @returns their results, in the order of the vectors.
 * @throws UnreachableServer where not even a `hello` is answered.
 */
export async function runConformance(options: ConformanceOptions): Promise<readonly VectorResult[]> {
  const { vectors, wire, clock, runId, token, concurrency = 8, onResult } = options;
  const features = new Set([...wire.features, ...(token === undefined ? ['anonymous'] : [])]);
  for (const feature of await featuresOf(options)) features.add(feature);
  const results: VectorResult[] = [];
  let next = 0;
  let done = 0;

  async function judge(vector: ServerVector, at: number): Promise<VectorResult> {
    const { id, rule, name, needs = [] } = vector;
    const lacking = needs.filter((feature) => !features.has(feature));
    if (lacking.length > 0) return { id, rule, name, outcome: 'skipped', why: `needs ${lacking.join(', ')}` };
    const unique = `${runId}-${at.toString(36)}`;
    const failure = await playServerVector(vector, { wire, clock, unique, token });
    return failure === null
      ? { id, rule, name, outcome: 'passed' }
      : { id, rule, name, outcome: 'failed', failure };
  }

  async function worker(): Promise<void> {
    for (let at = next++; at < vectors.length; at = next++) {
      const vector = vectors[at];
      if (vector === undefined) return;
      const result = await judge(vector, at);
      results[at] = result;
      onResult?.(result, ++done, vectors.length);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
}

/** What the server says it offers; nothing where it does not keep the conformance contract. */
async function featuresOf({ wire, clock, runId, token }: ConformanceOptions): Promise<readonly string[]> {
  let said: readonly string[] = [];
  let isOpen = false;
  const listening: ConformanceWire = {
    ...wire,
    open: (request, events) =>
      wire.open(request, {
        ...events,
        onOpen: (subprotocol) => {
          isOpen = true;
          events.onOpen(subprotocol);
        },
        onMessage: (data) => {
          if (typeof data === 'string') said = featuresIn(data, FEATURES_ID) ?? said;
          events.onMessage(data);
        },
      }),
  };
  const finding = await findingOf(FIND_FEATURES, { wire: listening, clock, unique: runId, token });
  if (finding === null) return said;
  // The steps that were played are this file's own affair; who runs a judge is told of the server.
  const { rule, what } = finding;
  throw new UnreachableServer(
    isOpen ? 'answer' : 'upgrade',
    rule === FIND_FEATURES.rule ? what : `${what} (${rule})`,
  );
}
