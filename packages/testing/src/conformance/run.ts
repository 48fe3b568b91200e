// Run: all scripts against one server, several at a time, and what came of each.
import {
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
}

const FIND_FEATURES: ServerVector = {
  id: 'features',
  rule: 'P-CONN-6',
  name: 'the server is there',
  script: [
    { hello: {} },
    { say: [{ t: 'req', id: 1, m: 'features', v: {} }] },
    { hears: { t: 'res', id: 1 } },
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
  const listening: ConformanceWire = {
    ...wire,
    open: (request, events) =>
      wire.open(request, {
        ...events,
        onMessage: (data) => {
          for (const line of typeof data === 'string' ? data.split('\n') : []) {
            const found = /"features":(\[[^\]]*\])/.exec(line)?.[1];
            if (found !== undefined) said = JSON.parse(found) as string[];
          }
          events.onMessage(data);
        },
      }),
  };
  const failure = await playServerVector(FIND_FEATURES, { wire: listening, clock, unique: runId, token });
  if (failure !== null) throw new UnreachableServer(failure.text);
  return said;
}
