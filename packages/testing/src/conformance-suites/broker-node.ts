// Broker node: one connection to a broker under test, with everything it was told. Knows the port only.
import type { Position } from '@tickwire/protocol';
import type {
  Broker,
  BrokerFactory,
  Change,
  ChannelHead,
  ChannelSpec,
  Publication,
  PublishedChange,
} from '@tickwire/server';
import { eventually, mustBe } from './assertions.js';

/** A connection to a broker, and its ears. */
export class BrokerNode {
  readonly broker: Broker;
  /** Channels about which deliveries became uncertain, `'all'` among them. */
  readonly uncertain: string[] = [];
  readonly unchanged: string[] = [];
  readonly #heard: (readonly [channel: string, publication: Publication])[] = [];
  #isBorn = false;
  #calledEarly = false;

  constructor(connect: BrokerFactory) {
    const inTime = (): void => {
      if (!this.#isBorn) this.#calledEarly = true;
    };
    this.broker = connect({
      onPublication: (channel, publication) => {
        inTime();
        this.#heard.push([channel, publication]);
      },
      onDeliveryUncertain: (channels) => {
        inTime();
        this.uncertain.push(...(channels === 'all' ? ['all'] : channels));
      },
      onUnchanged: (channel) => {
        inTime();
        this.unchanged.push(channel);
      },
    });
    this.#isBorn = true;
  }

  /** Whether the broker spoke before its factory had returned. */
  get calledEarly(): boolean {
    return this.#calledEarly;
  }

  /** Publications of a channel, in the order in which they came. One may come twice; the second time it is nothing. */
  heard(channel: ChannelSpec): readonly Publication[] {
    const seen = new Set<string>();
    return this.#heard
      .filter(([id, { epoch, offset }]) => id === channel.id && isNew(seen, `${offset}@${epoch}`))
      .map(([, publication]) => publication);
  }

  publish(channel: ChannelSpec, change: Change): Promise<Position> {
    return this.broker.publish(channel, change);
  }

  /** Waits until a position of a channel has been heard. */
  async hears(channel: ChannelSpec, { epoch, offset }: Position): Promise<void> {
    await eventually(
      () => this.heard(channel).some((each) => each.epoch === epoch && each.offset >= offset),
      `a node that subscribed to ${channel.id} must be told of offset ${offset}`,
    );
  }
}

/** What a reader holds that took a head and then what followed by its links (P-NODE-1, P-NODE-2). */
export function follow(head: ChannelHead, publications: readonly Publication[]): unknown {
  let { offset } = head;
  const held = contentOf(head);
  for (const publication of publications) {
    if (publication.epoch !== head.epoch || publication.offset <= offset) continue;
    mustBe(
      publication.previousOffset === offset,
      `P-NODE-2 a publication must link to the one before: after offset ${offset} came one that follows ${publication.previousOffset}`,
    );
    apply(held, publication.change);
    ({ offset } = publication);
  }
  return held.value ?? held.records ?? held.events;
}

/** What a head holds, comparable with {@link follow}. */
export function contents(head: ChannelHead): unknown {
  const held = contentOf(head);
  return held.value ?? held.records ?? held.events;
}

interface Held {
  value?: { readonly document: unknown };
  records?: Map<string, unknown>;
  events?: { readonly offset: number; readonly value: unknown }[];
}

function contentOf(head: ChannelHead): Held {
  switch (head.kind) {
    case 'state':
      return { value: { document: head.value } };
    case 'collection':
      return { records: new Map([...head.records].map(([key, { value }]) => [key, value])) };
    case 'stream':
      return { events: head.log.map(({ offset, value }) => ({ offset, value })) };
  }
}

function apply(held: Held, change: PublishedChange): void {
  switch (change.type) {
    case 'set':
      held.value = { document: change.value };
      return;
    case 'clear':
      held.value = { document: undefined };
      return;
    case 'update':
      for (const key of change.remove) held.records?.delete(key);
      for (const [key, value] of change.upsert) held.records?.set(key, value);
      return;
    case 'append':
      held.events?.push(...change.events.map(({ offset, value }) => ({ offset, value })));
  }
}

function isNew(seen: Set<string>, name: string): boolean {
  if (seen.has(name)) return false;
  seen.add(name);
  return true;
}
