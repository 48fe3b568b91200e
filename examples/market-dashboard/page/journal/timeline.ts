// The timeline: what happened to this tab's connection, in words. Newest first, bounded.
import { createStore, type Store } from './store.js';

/** A fact beside a moment: `10 resumed`, `212 trades replayed`. */
export interface Chip {
  readonly value: string;
  readonly label: string;
  readonly tone?: 'good' | 'warn';
}

export type MomentKind = 'live' | 'stale' | 'reconnecting' | 'resumed' | 'healed' | 'gap' | 'act';

export interface Moment {
  readonly id: number;
  readonly atMs: number;
  readonly kind: MomentKind;
  readonly title: string;
  readonly text?: string;
  readonly chips?: readonly Chip[];
}

/** What is said of a moment; when and under which id is the timeline's business. */
export type MomentText = Omit<Moment, 'id' | 'atMs'>;

const MOMENTS_KEPT = 60;

export interface Timeline extends Pick<Store<readonly Moment[]>, 'get' | 'subscribe'> {
  /** Adds a moment and returns its id. What is known only later is put where it was, by `atMs`. */
  readonly add: (moment: MomentText, atMs?: number) => number;
  /** Says anew what a moment is, if it is still there. */
  readonly amend: (id: number, moment: MomentText) => void;
}

export function createTimeline(wallMs: () => number = Date.now): Timeline {
  const moments = createStore<readonly Moment[]>([]);
  let nextId = 1;
  return {
    get: moments.get,
    subscribe: moments.subscribe,
    add: (moment, atMs) => {
      const id = nextId++;
      const before = moments.get();
      // A cause told late stands below its effect, in the same millisecond, too.
      const older = atMs === undefined ? 0 : before.findIndex((other) => other.atMs < atMs);
      const place = older === -1 ? before.length : older;
      moments.set(
        before.toSpliced(place, 0, { ...moment, id, atMs: atMs ?? wallMs() }).slice(0, MOMENTS_KEPT),
      );
      return id;
    },
    amend: (id, moment) => {
      moments.set(
        moments.get().map((before) => (before.id === id ? { ...moment, id, atMs: before.atMs } : before)),
      );
    },
  };
}
