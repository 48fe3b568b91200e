// Definitions: what one channel or one command is. Pure data around a schema; knows Zod by type only.
import type { $ZodTypeDef } from 'zod/v4/core';

/**
 * Any schema of Zod 4, classic or mini, of any copy of Zod. Only what inference reads is spelled out: comparing two
 * whole Zod types is the dearest thing a contract could ask of the compiler. To parse with one, name the rest:
 * `safeParse(definition.schema as $ZodType, value)`.
 */
export interface AnySchema {
  readonly _zod: {
    readonly output: unknown;
    readonly input: unknown;
    readonly def: { readonly type: $ZodTypeDef['type'] };
  };
}

/** What every kind of channel may say. */
export interface FreshnessOptions {
  /**
   * After how many milliseconds without a publication the server calls the channel stale. A `set` of an equal value
   * counts as a publication here.
   * @defaultValue never
   */
  readonly staleAfterMs?: number | undefined;
}

// Field names are spelled out as mapped types, not through an alias: the compiler then lists them in its messages.

/** What every kind of channel may say about its data. */
export interface TimeOptions<Item> {
  /**
   * The field in which the source says when the data was made: a number of milliseconds since 1970, or an ISO 8601
   * string. Latency is measured from it.
   * @defaultValue latency is measured from the server's send
   */
  readonly timeField?:
    ({ [F in keyof Item]: Item[F] extends string | number ? F : never }[keyof Item] & string) | undefined;
}

/** Options of {@link state}. */
export interface StateOptions<Item> extends FreshnessOptions, TimeOptions<Item> {}

/** Options of {@link collection}. */
export interface CollectionOptions<Item> extends FreshnessOptions, TimeOptions<Item> {
  /** The field whose value is the record's key: required in the schema, and a string. Records are upserted by it. */
  readonly key: { [F in keyof Item]: Item[F] extends string ? F : never }[keyof Item] & string;
}

/** How much of a stream the server keeps for clients that were away. What is older is announced as lost. */
export interface HistoryOptions {
  /** Most events kept. Zero keeps none. */
  readonly size: number;
  /** Longest an event is kept, in milliseconds. */
  readonly ttlMs: number;
}

/** Options of {@link stream}. */
export interface StreamOptions<Item> extends FreshnessOptions, TimeOptions<Item> {
  readonly history: HistoryOptions;
}

/** One document; the latest value wins. */
export interface StateDefinition<Schema extends AnySchema = AnySchema> {
  readonly kind: 'state';
  readonly schema: Schema;
  readonly staleAfterMs: number | undefined;
  readonly timeField: string | undefined;
}

/** Records by key: upsert, patch, remove. */
export interface CollectionDefinition<Schema extends AnySchema = AnySchema> {
  readonly kind: 'collection';
  readonly schema: Schema;
  /** The field that holds the key. */
  readonly key: string;
  readonly staleAfterMs: number | undefined;
  readonly timeField: string | undefined;
}

/** Append-only events with bounded history. */
export interface StreamDefinition<Schema extends AnySchema = AnySchema> {
  readonly kind: 'stream';
  readonly schema: Schema;
  readonly history: HistoryOptions;
  readonly staleAfterMs: number | undefined;
  readonly timeField: string | undefined;
}

/** A channel of any kind. */
export type ChannelDefinition<Schema extends AnySchema = AnySchema> =
  StateDefinition<Schema> | CollectionDefinition<Schema> | StreamDefinition<Schema>;

/** The errors a command declares: a name, and the schema of the data that comes with it. */
export type ErrorSchemas = Readonly<Record<string, AnySchema>>;

/** A request with a typed reply. */
export interface CommandDefinition<
  InputSchema extends AnySchema = AnySchema,
  OutputSchema extends AnySchema = AnySchema,
  Errors extends ErrorSchemas = ErrorSchemas,
> {
  readonly kind: 'command';
  readonly input: InputSchema;
  readonly output: OutputSchema;
  readonly errors: Errors;
  readonly idempotent: boolean;
  readonly timeoutMs: number | undefined;
}

/** What {@link command} takes. */
export interface CommandOptions<
  InputSchema extends AnySchema,
  OutputSchema extends AnySchema,
  Errors extends ErrorSchemas,
> {
  /** Schema of what the client sends. The client's side is `z.input`, the handler's is `z.output`. */
  readonly input: InputSchema;
  /** Schema of the reply. */
  readonly output: OutputSchema;
  /**
   * Errors the caller is expected to handle, each with the schema of its data.
   * @defaultValue none
   */
  readonly errors?: Errors | undefined;
  /**
   * Whether running it twice is the same as running it once. A client may then send it again by itself.
   * @defaultValue `false`
   */
  readonly idempotent?: boolean | undefined;
  /**
   * How long a caller waits unless the call says otherwise, in milliseconds.
   * @defaultValue the client's own default
   */
  readonly timeoutMs?: number | undefined;
}

/**
 * A channel that is one document: the latest value wins, what came between may be left out.
 * @example `'price/{symbol}': state(Price, { staleAfterMs: 5_000 })`
 */
export function state<Schema extends AnySchema>(
  schema: Schema,
  options: StateOptions<Schema['_zod']['output']> = {},
): StateDefinition<Schema> {
  return Object.freeze({
    kind: 'state',
    schema,
    staleAfterMs: options.staleAfterMs,
    timeField: options.timeField,
  });
}

/**
 * A channel of records by key: upsert, patch, remove. What came between may be left out, key by key.
 * @example `'positions/{userId}': collection(Position, { key: 'id' })`
 */
export function collection<Schema extends AnySchema>(
  schema: Schema,
  options: CollectionOptions<Schema['_zod']['output']>,
): CollectionDefinition<Schema> {
  return Object.freeze({
    kind: 'collection',
    schema,
    key: options?.key,
    staleAfterMs: options?.staleAfterMs,
    timeField: options?.timeField,
  });
}

/**
 * A channel of events in order, none left out. A loss that history cannot mend is announced with its range.
 * @example `'alerts': stream(Alert, { history: { size: 100, ttlMs: 3_600_000 } })`
 */
export function stream<Schema extends AnySchema>(
  schema: Schema,
  options: StreamOptions<Schema['_zod']['output']>,
): StreamDefinition<Schema> {
  return Object.freeze({
    kind: 'stream',
    schema,
    history: Object.freeze({ size: options?.history?.size, ttlMs: options?.history?.ttlMs }),
    staleAfterMs: options?.staleAfterMs,
    timeField: options?.timeField,
  });
}

/**
 * A request with a typed reply and typed errors.
 * @example `placeOrder: command({ input: NewOrder, output: Order, errors: { insufficientFunds: z.object({ needed }) } })`
 */
export function command<
  const InputSchema extends AnySchema,
  const OutputSchema extends AnySchema,
  const Errors extends ErrorSchemas = {},
>(
  options: CommandOptions<InputSchema, OutputSchema, Errors>,
): CommandDefinition<InputSchema, OutputSchema, NoInfer<Errors>> {
  // NoInfer: inside defineContract the expected type would otherwise make "no errors" into "any errors".
  return Object.freeze({
    kind: 'command',
    input: options.input,
    output: options.output,
    errors: Object.freeze({ ...options.errors }) as Errors,
    idempotent: options.idempotent ?? false,
    timeoutMs: options.timeoutMs,
  });
}
