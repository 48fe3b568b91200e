// Publisher: the way into a channel. Checks against the contract, copies, and hands to the broker. Knows no sockets.
import {
  type AnyContract,
  type AnySchema,
  type ChannelName,
  type CollectionDefinition,
  type InferItem,
  type InferItemInput,
  type InferKind,
  isPlainObject,
  isTickwireError,
  type ParamsArgument,
  type Position,
  setOwn,
  TickwireError,
} from '@tickwire/protocol';
import type { Broker, Change, ChannelHead, RecordPatch } from './broker/broker.js';
import type { ChannelDirectory, KnownChannel } from './session/channel-directory.js';
import { checkValue, parseValue } from './value/check.js';
import { copyJson } from './value/json-value.js';

/** What a channel holds and where it stands. */
export interface ReadResult<Data> {
  /** A copy: changing it changes nothing. */
  readonly data: Data;
  readonly position: Position;
}

interface AnyPublisher<Data> {
  /** The channel's id. */
  readonly id: string;
  /** Reads the channel from the broker. */
  read(): Promise<ReadResult<Data>>;
  /**
   * Says that the source will not speak again: readers see the value as `closed` instead of waiting for it to become stale.
   * The next publish opens it again. Rejects with `unavailable` where the broker cannot tell.
   */
  closeFeed(): Promise<void>;
}

/**
 * Publishes into one state channel. Every method resolves with the position the change was given (the present one where
 * nothing changed) once the broker has it, and rejects with a `TickwireError`: `bad_input` with `executed: 'no'` where
 * the value does not fit the contract, `unavailable` where the broker failed. What is given is copied.
 */
export interface StatePublisher<Input, Item> extends AnyPublisher<Item | undefined> {
  /** Replaces the document. A document equal to the present one makes no offset, and refreshes freshness. */
  set(value: Input): Promise<Position>;
  /** There is no document any more. */
  clear(): Promise<Position>;
}

/** Many changes in one step, seen by every reader at once. Removals come first, then upserts, then patches. */
export interface CollectionUpdate<Input> {
  readonly upsert?: readonly Input[] | undefined;
  /** Fields by key; a field that is `undefined` is taken away. */
  readonly patch?: Readonly<Record<string, Partial<Input>>> | ReadonlyMap<string, Partial<Input>> | undefined;
  readonly remove?: readonly string[] | undefined;
}

/** Publishes into one collection. @see StatePublisher for what the promises say. */
export interface CollectionPublisher<Input, Item> extends AnyPublisher<ReadonlyMap<string, Item>> {
  /** Writes whole records, by the key the contract names. */
  upsert(records: Input | readonly Input[]): Promise<Position>;
  /**
   * Changes fields of a record that is there; a field that is `undefined` is taken away. The fields are checked one by
   * one: a rule of the schema that looks at the whole record is not asked, use `upsert` where there is one.
   */
  patch(key: string, fields: Partial<Input>): Promise<Position>;
  /** Removes records; keys that are not there are no error. */
  remove(keys: string | readonly string[]): Promise<Position>;
  /** Many changes in one step, with one position. */
  update(change: CollectionUpdate<Input>): Promise<Position>;
  /** Removes every record. */
  clear(): Promise<Position>;
}

/** Publishes into one stream. @see StatePublisher for what the promises say. */
export interface StreamPublisher<Input, Item> extends AnyPublisher<readonly Item[]> {
  /** Appends events in this order, in one step. The position is that of the last. */
  append(...events: readonly Input[]): Promise<Position>;
}

/** The publisher of a channel, by its kind. */
export type PublisherOf<C extends AnyContract, N extends ChannelName<C>> =
  N extends ChannelName<C> ? PublisherOfKind<InferKind<C, N>, InferItemInput<C, N>, InferItem<C, N>> : never;

type PublisherOfKind<Kind, Input, Item> = Kind extends 'state'
  ? StatePublisher<Input, Item>
  : Kind extends 'collection'
    ? CollectionPublisher<Input, Item>
    : StreamPublisher<Input, Item>;

/** Opens publishers by the names of a contract. */
export interface ChannelOpener<C extends AnyContract> {
  /**
   * The publisher of a channel; cheap to make, holds nothing.
   * @throws TickwireError `bad_params` where a parameter is empty or cannot be part of an id.
   */
  // Names are written out, not aliased: the compiler then lists them in its messages.
  channel<N extends keyof C['channels'] & string>(
    name: N,
    ...params: ParamsArgument<C, N>
  ): PublisherOf<C, N>;
}

/** What publishers use of a broker. */
export type PublishingBroker = Pick<Broker, 'publish' | 'read' | 'closeFeed'>;

/** Makes the publisher of a channel, its types forgotten. */
export function createChannelPublisher(known: KnownChannel, broker: PublishingBroker): object {
  const { definition } = known;
  switch (definition.kind) {
    case 'state':
      return new StateChannel(known, broker, definition.schema);
    case 'collection':
      return new CollectionChannel(known, broker, definition);
    case 'stream':
      return new StreamChannel(known, broker, definition.schema);
  }
}

/** Opens channels of a contract over a broker. */
export function channelOpener<C extends AnyContract>(
  directory: ChannelDirectory,
  broker: PublishingBroker,
): ChannelOpener<C>['channel'] {
  return <N extends ChannelName<C>>(name: N, ...[params]: ParamsArgument<C, N>) =>
    createChannelPublisher(directory.of(name, params), broker) as PublisherOf<C, N>;
}

abstract class PublishingChannel {
  readonly id: string;
  readonly #known: KnownChannel;
  readonly #broker: PublishingBroker;

  constructor(known: KnownChannel, broker: PublishingBroker) {
    this.#known = known;
    this.#broker = broker;
    this.id = known.spec.id;
  }

  async read(): Promise<ReadResult<unknown>> {
    try {
      const head = await this.#broker.read(this.#known.spec);
      return { data: dataOf(head), position: { epoch: head.epoch, offset: head.offset } };
    } catch (error) {
      throw failure(error, 'no');
    }
  }

  async closeFeed(): Promise<void> {
    const { spec } = this.#known;
    if (this.#broker.closeFeed === undefined)
      throw new TickwireError('unavailable', 'This broker cannot tell that a feed is closed.');
    try {
      await this.#broker.closeFeed(spec);
    } catch (error) {
      throw failure(error, 'maybe');
    }
  }

  /** Not `async`: the broker is called before this returns, so that publishes keep their order. */
  protected publish(make: () => Change): Promise<Position> {
    let change: Change;
    try {
      change = make();
    } catch (error) {
      return Promise.reject(isTickwireError(error) ? error : unreadable(this.id, error));
    }
    try {
      return this.#broker.publish(this.#known.spec, change).catch((error: unknown) => {
        throw failure(error, 'maybe');
      });
    } catch (error) {
      return Promise.reject(failure(error, 'no'));
    }
  }
}

class StateChannel extends PublishingChannel {
  readonly #schema: AnySchema;

  constructor(known: KnownChannel, broker: PublishingBroker, schema: AnySchema) {
    super(known, broker);
    this.#schema = schema;
  }

  set(value: unknown): Promise<Position> {
    return this.publish(() => ({
      type: 'set',
      value: parseValue(this.#schema, value, `The value of "${this.id}"`),
    }));
  }

  clear(): Promise<Position> {
    return this.publish(() => ({ type: 'clear' }));
  }
}

class StreamChannel extends PublishingChannel {
  readonly #schema: AnySchema;

  constructor(known: KnownChannel, broker: PublishingBroker, schema: AnySchema) {
    super(known, broker);
    this.#schema = schema;
  }

  append(...events: readonly unknown[]): Promise<Position> {
    return this.publish(() => ({
      type: 'append',
      events: events.map((event) => parseValue(this.#schema, event, `An event of "${this.id}"`)),
    }));
  }
}

class CollectionChannel extends PublishingChannel {
  readonly #definition: CollectionDefinition;

  constructor(known: KnownChannel, broker: PublishingBroker, definition: CollectionDefinition) {
    super(known, broker);
    this.#definition = definition;
  }

  upsert(records: unknown): Promise<Position> {
    return this.update({ upsert: Array.isArray(records) ? records : [records] });
  }

  patch(key: string, fields: object): Promise<Position> {
    return this.update({ patch: new Map([[key, fields]]) });
  }

  remove(keys: string | readonly string[]): Promise<Position> {
    return this.update({ remove: typeof keys === 'string' ? [keys] : keys });
  }

  clear(): Promise<Position> {
    return this.publish(() => ({ type: 'clear' }));
  }

  update(change: CollectionUpdate<unknown>): Promise<Position> {
    return this.publish(() => {
      const { upsert, patch, remove } = partsOf(change, this.id);
      const records = new Map<string, unknown>();
      for (const record of upsert) {
        const parsed = parseValue(this.#definition.schema, record, `A record of "${this.id}"`);
        records.set(this.#keyOf(parsed), parsed);
      }
      const patches = new Map<string, RecordPatch>();
      for (const [key, fields] of patch) patches.set(checkKey(key, this.id), this.#patchOf(key, fields));
      return {
        type: 'update',
        upsert: records,
        patch: patches,
        remove: remove.map((key) => checkKey(key, this.id)),
      };
    });
  }

  #keyOf(record: unknown): string {
    const { key } = this.#definition;
    const value = isPlainObject(record) && Object.hasOwn(record, key) ? record[key] : undefined;
    if (typeof value === 'string') return checkKey(value, this.id);
    throw new TickwireError('bad_input', `A record of "${this.id}" needs a string in its field "${key}".`);
  }

  #patchOf(key: string, fields: unknown): RecordPatch {
    if (!isPlainObject(fields)) {
      throw new TickwireError('bad_input', `A patch of "${this.id}" must be an object of fields.`);
    }
    const shape = shapeOf(this.#definition.schema);
    if (shape === null) {
      throw new TickwireError(
        'bad_input',
        `Records of "${this.id}" cannot be patched: their schema is no object.`,
      );
    }
    const set: Record<string, unknown> = {};
    const unset: string[] = [];
    for (const name of Object.keys(fields)) {
      const schema = Object.hasOwn(shape, name) ? shape[name] : undefined;
      const checked = schema === undefined ? null : checkValue(schema, fields[name]);
      if (checked?.ok !== true) {
        throw new TickwireError(
          'bad_input',
          `A patch of "${this.id}" does not fit the contract: see ${name}.`,
        );
      }
      if (checked.value === undefined) unset.push(name);
      else setOwn(set, name, checked.value);
    }
    const keyField = this.#definition.key;
    if (unset.includes(keyField) || (Object.hasOwn(set, keyField) && set[keyField] !== key)) {
      throw new TickwireError(
        'bad_input',
        `A patch of "${this.id}" cannot change the key: remove and upsert.`,
      );
    }
    return { set, unset };
  }
}

interface UpdateParts {
  readonly upsert: readonly unknown[];
  readonly patch: Iterable<readonly [string, unknown]>;
  readonly remove: readonly string[];
}

/** From JavaScript anything may come: a text is no list of keys, though it can be read as one. */
function partsOf(change: unknown, id: string): UpdateParts {
  const wrong = (what: string): TickwireError =>
    new TickwireError('bad_input', `An update of "${id}" ${what}.`);
  if (typeof change !== 'object' || change === null)
    throw wrong('must be an object with `upsert`, `patch` or `remove`');
  const { upsert = [], patch = {}, remove = [] } = change as Partial<Record<keyof UpdateParts, unknown>>;
  if (!Array.isArray(upsert)) throw wrong('needs an array of records as `upsert`');
  if (!Array.isArray(remove)) throw wrong('needs an array of keys as `remove`');
  if (patch instanceof Map) return { upsert, patch, remove };
  if (!isPlainObject(patch)) throw wrong('needs an object or a Map of fields by key as `patch`');
  return { upsert, patch: Object.entries(patch), remove };
}

/** Keys become text on the wire, where half a surrogate pair would make two keys one. */
function checkKey(key: string, id: string): string {
  if (typeof key === 'string' && key.isWellFormed()) return key;
  throw new TickwireError('bad_input', `A key of "${id}" is no well-formed string.`);
}

/** The fields of an object schema; `null` for any other. */
function shapeOf(schema: AnySchema): Readonly<Record<string, AnySchema>> | null {
  const def = schema._zod.def as {
    readonly type: string;
    readonly shape?: Readonly<Record<string, AnySchema>>;
  };
  return def.type === 'object' ? (def.shape ?? null) : null;
}

function dataOf(head: ChannelHead): unknown {
  switch (head.kind) {
    case 'state':
      return head.value === undefined ? undefined : copyJson(head.value);
    case 'collection':
      return new Map([...head.records].map(([key, { value }]) => [key, copyJson(value)]));
    case 'stream':
      return head.log.map(({ value }) => copyJson(value));
  }
}

/** A getter or a proxy threw while the change was read: that is no broker's fault. */
function unreadable(id: string, cause: unknown): TickwireError {
  return new TickwireError('bad_input', `What is published into "${id}" cannot be read.`, { cause });
}

function failure(error: unknown, executed: 'no' | 'maybe'): TickwireError {
  if (isTickwireError(error)) return error;
  return new TickwireError('unavailable', 'The broker failed.', { executed, cause: error });
}
