// Messages between a test and the process of the server under attack. Plain data.

/** The servers that one process runs; they differ in their limits. */
export type ProfileName = 'standard' | 'impatient' | 'crowded' | 'guarded' | 'proxied' | 'patient';

/** What a test asks, and what it is answered with. */
export interface Questions {
  readonly port: { readonly profile: ProfileName };
  readonly gauges: { readonly profile: ProfileName };
  readonly beginMeasuring: object;
  readonly measured: object;
  /** The last number that was published. */
  readonly sequence: object;
  /** What was logged since the last such question. */
  readonly said: object;
  readonly counted: object;
  readonly fillArchives: { readonly count: number; readonly bytes: number };
  readonly publishDeep: { readonly depth: number };
  readonly setSecret: { readonly userId: string; readonly secret: string };
  readonly setPrice: { readonly symbol: string; readonly price: string };
  readonly prototypes: object;
  readonly revoke: { readonly profile: ProfileName; readonly userId: string; readonly reason: unknown };
  readonly sabotage: { readonly how: Sabotage; readonly text: string };
}

/** The answers. */
export interface Answers {
  readonly port: number;
  readonly gauges: Readonly<Record<string, unknown>>;
  readonly beginMeasuring: null;
  readonly measured: Measured;
  readonly sequence: number;
  readonly said: string;
  readonly counted: Counted;
  readonly fillArchives: null;
  /** `published`, or the code of the refusal. */
  readonly publishDeep: string;
  readonly setSecret: null;
  readonly setPrice: null;
  /** What every object of the process inherits that it should not. */
  readonly prototypes: { readonly inherited: readonly string[]; readonly admin: boolean };
  readonly revoke: number;
  readonly sabotage: null;
}

/** How the process can be made to misbehave, for the tests of the judge. */
export type Sabotage = 'throw' | 'reject' | 'skip' | 'revoke' | 'log' | 'print' | 'block';

export type Ask = keyof Questions;
export type Question = { [A in Ask]: { readonly ask: A } & Questions[A] }[Ask];

/** What was measured since `beginMeasuring`. */
export interface Measured {
  /** Longest the event loop was late and busy: what the machine did not give it a processor for is not counted. */
  readonly stallMs: number;
  /** What reached the process without a handler. */
  readonly uncaught: readonly string[];
}

/** What happened since the process began. */
export interface Counted {
  /** Calls of `authenticate`. */
  readonly logins: number;
  /** Runs of the commands that have an effect. */
  readonly runs: number;
  /** Reads from the broker. */
  readonly reads: number;
}

export interface Asked {
  readonly number: number;
  readonly question: Question;
}

/** Number 0 is no answer: the process is ready. */
export interface Answered {
  readonly number: number;
  readonly value?: unknown;
  readonly error?: string;
}
