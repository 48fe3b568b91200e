// Create handle: what a handle of any kind does. Types are given back by the client's own.
import type { Cancel, Clock } from '@tickwire/protocol';
import type { Guarded } from './emitter.js';
import type { ChannelOptions, EventMeta } from './handle.js';
import { EventQueue, type EventOptions } from './store/event-queue.js';
import type { Scheduler, SchedulerMode } from './store/scheduler.js';
import { IDLE_SNAPSHOT, type ChannelSnapshot } from './store/snapshot.js';
import { createView, type ViewOptions, type ViewSource } from './store/view.js';
import type { Channel, DeliveredEvent } from './subscription/channel.js';

/** What handles need of the client. */
export interface HandlePorts {
  readonly clock: Clock;
  readonly settings: { readonly maxEvents: number };
  readonly maxUpdatesPerSecond: number | undefined;
  /** Queues of readers with a rate of their own, to be counted and closed. */
  readonly queues: Set<EventQueue<DeliveredEvent>>;
  schedulerOf(mode?: SchedulerMode): Scheduler;
  get(id: string): Channel | undefined;
  retain(id: string, prepare: (channel: Channel) => void): Cancel;
  resync(channel: Channel): void;
  guard<Args extends unknown[]>(listener: (...args: Args) => void): Guarded<Args>;
  on(name: string, listener: (event: never) => void): Cancel;
}

/** Makes a handle. */
export function createHandle(
  ports: HandlePorts,
  id: string,
  name: string,
  params: Readonly<Record<string, string>>,
  options: ChannelOptions,
) {
  const { clock, settings, queues, get, guard, on } = ports;

  const retain = (watcher?: () => void): Cancel => {
    let held: Channel | undefined;
    const release = ports.retain(id, (channel) => {
      held = channel;
      if (channel.holders === 0) channel.last = options.last;
      channel.maxEvents = Math.max(channel.maxEvents, options.maxEvents ?? settings.maxEvents);
      if (watcher !== undefined) channel.watchers.add(watcher);
    });
    return () => {
      if (watcher !== undefined) held?.watchers.delete(watcher);
      release();
    };
  };

  /** Holds the channel for as long as it is listened to. */
  const listen = (event: string, listener: (event: never) => void): Cancel => {
    const off = on(`${event}/${id}`, listener);
    const release = retain();
    return () => {
      off();
      release();
    };
  };

  const source: ViewSource<unknown> = {
    status: () => get(id)?.status() ?? 'idle',
    getSnapshot: () => get(id)?.getSnapshot() ?? IDLE_SNAPSHOT,
    watch: retain,
  };

  const view = (viewOptions: ViewOptions<unknown> = {}) => {
    const rate = viewOptions.maxUpdatesPerSecond ?? ports.maxUpdatesPerSecond;
    const scheduler = ports.schedulerOf(viewOptions.scheduler);
    return createView(source, viewOptions, {
      clock,
      guard,
      scheduler,
      minIntervalMs: rate === undefined ? 0 : 1_000 / rate,
    });
  };

  return {
    id,
    name,
    params,
    get kind() {
      return get(id)?.kind ?? null;
    },
    getSnapshot: source.getSnapshot,
    view,
    subscribe(listener: (snapshot: ChannelSnapshot<unknown>) => void, viewOptions?: ViewOptions<unknown>) {
      const shown = view(viewOptions);
      return shown.subscribe(() => listener(shown.getSnapshot()), true);
    },
    retain: () => retain(),
    on: (event: string, listener: (event: never) => void) => on(`${event}/${id}`, listener),
    resync() {
      const channel = get(id);
      if (channel !== undefined) ports.resync(channel);
    },
    onChange: (listener: (change: never) => void) => listen('change', listener),
    onEvent(listener: (event: unknown, meta: EventMeta) => void, eventOptions: EventOptions = {}) {
      const deliver = ({ event, ...meta }: DeliveredEvent): void => listener(event, meta);
      const { maxPerSecond } = eventOptions;
      if (maxPerSecond === undefined) return listen('event', deliver);
      const guarded = guard(deliver);
      const onOverflow = guard(eventOptions.onOverflow ?? (() => undefined));
      const queue = new EventQueue<DeliveredEvent>(
        clock,
        { ...eventOptions, maxPerSecond, onOverflow },
        guarded,
      );
      queues.add(queue);
      const stop = listen('event', (event: DeliveredEvent) => queue.push(event));
      return () => {
        stop();
        guarded.stop();
        onOverflow.stop();
        queue.close();
        queues.delete(queue);
      };
    },
    with: (other: ChannelOptions) => createHandle(ports, id, name, params, { ...options, ...other }),
  };
}
