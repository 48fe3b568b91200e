// Assertions: what conformance suites find wrong, without the library of any test runner.
import { canonicalJson } from '../simulation/canonical-json.js';

/** A promise of a port that was broken. */
class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
  readonly actual: unknown;
  readonly expected: unknown;

  constructor(message: string, actual?: unknown, expected?: unknown) {
    super(message);
    this.actual = actual;
    this.expected = expected;
  }
}

/** @throws where it is not so; `sentence` says what must be. */
export function mustBe(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new BrokenPromise(sentence);
}

/** @throws where the two are not the same JSON; maps and `undefined` are told apart from objects and `null`. */
export function mustEqual(actual: unknown, expected: unknown, sentence: string): void {
  const [is, must] = [shownOf(actual), shownOf(expected)];
  if (is !== must) throw new BrokenPromise(`${sentence}: it is ${is} and must be ${must}`, actual, expected);
}

/** What a promise rejected with. @throws where it did not. */
export async function rejectionOf(promise: Promise<unknown>, sentence: string): Promise<unknown> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => ({ error }),
  );
  if (outcome === null) throw new BrokenPromise(`${sentence}: it did not reject`);
  return outcome.error;
}

const PATIENCE_MS = 5_000;
const POLL_MS = 2;
const MAX_SETTLES = 10;

/** Lets a little real time pass. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, POLL_MS));

/**
 * Resolves when a condition holds: at once where it does, else asking again.
 * @param settle lets everything happen that is under way; by default a little real time passes before each question.
 * @throws where it does not hold for five seconds, or after everything has happened a few times.
 */
export async function eventually(
  condition: () => boolean,
  sentence: string,
  settle?: () => Promise<void>,
): Promise<void> {
  const untilMs = Date.now() + PATIENCE_MS;
  for (let attempt = 0; !condition(); attempt++) {
    if (settle === undefined ? Date.now() > untilMs : attempt >= MAX_SETTLES)
      throw new BrokenPromise(`${sentence}, and it was never so`);
    await (settle ?? pause)();
  }
}

function shownOf(value: unknown): string {
  return canonicalJson(plain(value));
}

/** Without maps and without `undefined`, which JSON has not. */
function plain(value: unknown): unknown {
  if (value === undefined) return { '<undefined>': true };
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<unknown, unknown>)];
    return { '<map>': entries.map(([key, each]) => [key, plain(each)]).sort(byText) };
  }
  if (Array.isArray(value)) return value.map((each: unknown) => plain(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([name, each]) => [name, plain(each)]),
  );
}

function byText(a: readonly unknown[], b: readonly unknown[]): number {
  return String(a[0]) < String(b[0]) ? -1 : 1;
}
