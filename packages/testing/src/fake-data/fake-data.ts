// Fake data: values that a contract's schemas take, for tests, stories and demonstrations.
import type {
  AnyContract,
  AnySchema,
  ChannelName,
  InferErrorData,
  InferInput,
  InferItem,
  InferOutput,
  InferParams,
} from '@tickwire/protocol';
import { safeParse, type $ZodType } from 'zod/v4/core';
import { SeededRandom } from '../random/seeded-random.js';
import { declaresField } from './declared-fields.js';
import { type MakeValue, SchemaMaker } from './schema-maker.js';
import { fakeInstantMs } from './string-maker.js';

/** Options of {@link createFakeData}. */
export interface FakeDataOptions {
  /**
   * Where chance begins: equal seeds give equal values, in the same order of calls.
   * @defaultValue 1
   */
  readonly seed?: number | string | undefined;
  /**
   * How values are made that cannot be made of their schema, or that should look otherwise, by their place:
   * `'trades/{symbol}.price'`, `'placeOrder.input.legs[].size'`, `'placeOrder.errors.tooLarge.largest'`.
   */
  readonly overrides?: Readonly<Record<string, MakeValue>> | undefined;
}

/** Makes values of one contract. Every value is tried with its schema before it is given out. */
export interface FakeData<C extends AnyContract> {
  /**
   * The document of a state, a record of a collection or an event of a stream. Fields with the name of a parameter
   * that is given get its value if it fits, also optional ones, and the contract's `timeField` is near June 15th 2025, where the virtual clock starts.
   * @throws TypeError where no value can be found; the message says where, and what to do.
   */
  item<N extends keyof C['channels'] & string>(
    channel: N,
    params?: Partial<InferParams<C, N>>,
  ): InferItem<C, N>;
  /**
   * Several of them; those of a collection have different keys.
   * @throws TypeError where so many cannot be found.
   */
  items<N extends keyof C['channels'] & string>(
    channel: N,
    count: number,
    params?: Partial<InferParams<C, N>>,
  ): InferItem<C, N>[];
  /** Parameters of a channel. */
  params<N extends keyof C['channels'] & string>(channel: N): InferParams<C, N>;
  /** What a command is called with. */
  input<M extends keyof C['commands'] & string>(command: M): InferInput<C, M>;
  /** What a command answers. */
  output<M extends keyof C['commands'] & string>(command: M): InferOutput<C, M>;
  /** The data of an error that a command declares. */
  errorData<M extends keyof C['commands'] & string, E extends keyof C['commands'][M]['errors'] & string>(
    command: M,
    error: E,
  ): InferErrorData<C, M, E>;
}

const MAX_ATTEMPTS_PER_KEY = 50;

/**
 * Makes data for every channel and command of a contract, from its schemas alone: numbers within bounds, enums, unions,
 * formats, texts that match an expression. Equal seeds give equal data.
 * @example
 * const fake = createFakeData(market, { seed: 7 });
 * await test.push('price/{symbol}', { symbol: 'BTC-USD' }, fake.item('price/{symbol}', { symbol: 'BTC-USD' }));
 */
export function createFakeData<const C extends AnyContract>(
  contract: C,
  { seed = 1, overrides = {} }: FakeDataOptions = {},
): FakeData<C> {
  const random = new SeededRandom(`fake data ${seed}`);
  const maker = new SchemaMaker(overrides);

  /** The value as it is read; where it does not fit after all, the parts of the schema contradict each other. */
  function parsed(schema: AnySchema, value: unknown, place: string): unknown {
    const result = safeParse(schema as unknown as $ZodType, value);
    if (result.success) return result.data;
    throw new TypeError(
      `Fake data: no value for ${place}: what was made of its parts does not fit the whole. Say how it is made: overrides: { '${place}': (random) => … }.`,
    );
  }

  function make(schema: AnySchema, place: string): unknown {
    return maker.make(schema, place, random);
  }

  function item(name: string, params: Readonly<Record<string, unknown>> = {}): unknown {
    const definition = member(contract.channels, name, 'channel');
    const { schema, timeField } = definition;
    const made = make(schema, name);
    if (typeof made === 'object' && made !== null && !Array.isArray(made)) {
      const fitting = made as Record<string, unknown>;
      for (const [field, value] of Object.entries(params)) setIfFits(schema, fitting, field, value);
      if (
        timeField !== undefined &&
        Object.hasOwn(fitting, timeField) &&
        overrides[`${name}.${timeField}`] === undefined
      ) {
        const atMs = fakeInstantMs(random);
        const present = fitting[timeField];
        setIfFits(
          schema,
          fitting,
          timeField,
          typeof present === 'string' ? new Date(atMs).toISOString() : atMs,
        );
      }
    }
    return parsed(schema, made, name);
  }

  /** Sets a field that is there or might be, if the value still fits. */
  function setIfFits(schema: AnySchema, made: Record<string, unknown>, field: string, value: unknown): void {
    if (!Object.hasOwn(made, field) && !declaresField(schema, field)) return;
    const { success, data } = safeParse(schema as unknown as $ZodType, { ...made, [field]: value });
    // Of an option of a union that does not declare the field, it is cut off.
    if (success && Object.hasOwn(data as object, field)) made[field] = value;
  }

  function items(name: string, count: number, params?: Readonly<Record<string, unknown>>): unknown[] {
    const definition = member(contract.channels, name, 'channel');
    if (definition.kind !== 'collection') return Array.from({ length: count }, () => item(name, params));
    const byKey = new Map<unknown, unknown>();
    for (let attempt = 0; byKey.size < count; attempt++) {
      if (attempt > count * MAX_ATTEMPTS_PER_KEY) {
        throw new TypeError(
          `Fake data: only ${byKey.size} of ${count} records of ${name} have a "${definition.key}" of their own. Say how it is made: overrides: { '${name}.${definition.key}': (random) => … }.`,
        );
      }
      const record = item(name, params) as Readonly<Record<string, unknown>>;
      const key = record[definition.key];
      if (!byKey.has(key)) byKey.set(key, record);
    }
    return [...byKey.values()];
  }

  function params(name: string): Readonly<Record<string, string>> {
    member(contract.channels, name, 'channel');
    const names = [...name.matchAll(/\{([^}]+)\}/g)].map(([, parameter = '']) => parameter);
    return Object.fromEntries(names.map((parameter) => [parameter, `${parameter}-${random.int(100, 999)}`]));
  }

  const fake = {
    item,
    items,
    params,
    input: (name: string) => {
      const { input } = member(contract.commands, name, 'command');
      const made = make(input, `${name}.input`);
      parsed(input, made, `${name}.input`);
      return made;
    },
    output: (name: string) => {
      const { output } = member(contract.commands, name, 'command');
      return parsed(output, make(output, `${name}.output`), `${name}.output`);
    },
    errorData: (name: string, error: string) => {
      const schema = member(member(contract.commands, name, 'command').errors, error, 'declared error');
      const place = `${name}.errors.${error}`;
      return parsed(schema, make(schema, place), place);
    },
  };
  return fake as unknown as FakeData<C>;
}

/** What has a name in a contract. @throws TypeError which lists the names there are. */
function member<Value>(
  of: Readonly<Record<ChannelName<AnyContract>, Value>>,
  name: string,
  what: string,
): Value {
  const found = Object.hasOwn(of, name) ? of[name] : undefined;
  if (found !== undefined) return found;
  throw new TypeError(
    `The contract has no ${what} "${name}". It has: ${Object.keys(of).join(', ') || 'none'}.`,
  );
}
