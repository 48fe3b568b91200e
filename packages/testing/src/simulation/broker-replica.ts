// Broker replica: what a replica of the broker holds that is some writes behind. Folds what was written; a failover
// then loses the newest writes of every channel.
import type { ChannelPlan } from './contract.js';
import type { Change, WrittenChange } from './history.js';

/** Most writes of a channel that a failover can lose. */
export const MAX_LOST_WRITES = 8;
const MAX_KEPT_EVENTS = 50;

interface Copy {
  value: unknown;
  records: Map<string, unknown>;
  events: unknown[];
  /** The newest writes, not folded in yet. */
  recent: WrittenChange[];
}

/** Copies of all channels. */
export class BrokerReplica {
  readonly #copies = new Map<string, Copy>();

  /** The broker wrote. */
  write(channel: string, change: WrittenChange): void {
    const copy: Copy = this.#copies.get(channel) ?? {
      value: null,
      records: new Map(),
      events: [],
      recent: [],
    };
    this.#copies.set(channel, copy);
    copy.recent.push(change);
    while (copy.recent.length > MAX_LOST_WRITES) fold(copy, copy.recent.shift());
  }

  /** What has to be written into an empty broker to bring a channel to where it was so many writes ago; `null`: nothing. */
  restore({ id, kind }: ChannelPlan, lostWrites: number): Change | null {
    const copy = this.#copies.get(id);
    if (copy === undefined) return null;
    for (const change of copy.recent.slice(0, Math.max(0, copy.recent.length - lostWrites)))
      fold(copy, change);
    const { value, records, events } = copy;
    this.#copies.delete(id);
    switch (kind) {
      case 'state':
        return value === null ? null : { set: value };
      case 'collection':
        return records.size === 0 ? null : { upsert: Object.fromEntries(records) };
      case 'stream':
        return events.length === 0 ? null : { append: events };
    }
  }
}

function fold(copy: Copy, change: WrittenChange | undefined): void {
  if (change === undefined) return;
  if ('append' in change) {
    copy.events.push(...change.append);
    if (copy.events.length > MAX_KEPT_EVENTS) copy.events.splice(0, copy.events.length - MAX_KEPT_EVENTS);
  } else if ('set' in change) {
    copy.value = change.set;
  } else {
    for (const [key, record] of Object.entries(change.upsert)) copy.records.set(key, record);
    for (const key of change.remove) copy.records.delete(key);
  }
}
