// Create handle: what a handle of any kind does. Types are given back by the client's own.
import type { Cancel } from '@tickwire/protocol';
import type { ClientClock } from './ports/clock.js';
import type { Guarded } from './emitter.js';
import type { ChannelOptions, EventMeta } from './handle.js';
import { createEventQueue, type EventOptions, type EventQueue } from './store/event-queue.js';
import type { Scheduler, SchedulerMode } from './store/scheduler.js';
import { IDLE_SNAPSHOT, type ChannelSnapshot } from './store/snapshot.js';
import { createView, type View, type ViewOptions } from './store/view.js';
import type { Channel } from './subscription/channel.js';

type Listener = (event: never) => void;

/** What handles need of the client. */
export interface HandlePorts {
  readonly clock: ClientClock;
  readonly maxEvents: number;
  readonly maxUpdatesPerSecond: number | undefined;
  /** Queues of readers with a rate of their own, to be counted and closed. */
  readonly queues: Set<EventQueue<never>>;
  readonly schedulerOf: (mode?: SchedulerMode) => Scheduler;
  readonly get: (id: string) => Channel | undefined;
  readonly retain: (id: string, prepare: (channel: Channel) => void) => Cancel;
  readonly resync: (channel: Channel) => void;
  readonly guard: <Args extends unknown[]>(listener: (...args: Args) => void) => Guarded<Args>;
  readonly on: (name: string, listener: Listener) => Cancel;
}

/** Makes a handle. */
export function createHandle(
  ports: HandlePorts,
  id: string,
  name: string,
  params: object,
  options: ChannelOptions,
) {
  const { clock, queues, guard, schedulerOf } = ports;
  const find = (): Channel | undefined => ports.get(id);
  const on = (event: string, listener: Listener): Cancel => ports.on(`${event}/${id}`, listener);
  const getSnapshot = (): ChannelSnapshot<unknown> => find()?.getSnapshot() ?? IDLE_SNAPSHOT;

  function watch(onChange?: () => void): Cancel {
    let held: Channel | undefined;
    const release = ports.retain(id, (channel) => {
      held = channel;
      if (!channel.holders) channel.last = options.last;
      channel.maxEvents = Math.max(channel.maxEvents, options.maxEvents ?? ports.maxEvents);
      if (onChange) channel.watchers.add(onChange);
    });
    return () => {
      if (onChange) held?.watchers.delete(onChange);
      release();
    };
  }

  /** Holds the channel for as long as it is listened to. */
  function listen(event: string, listener: Listener, ...also: Cancel[]): Cancel {
    const stops = [on(event, listener), watch(), ...also];
    return () => stops.forEach((stop) => stop());
  }

  function view(viewOptions: ViewOptions<unknown> = {}): View<unknown> {
    const { maxUpdatesPerSecond: rate = ports.maxUpdatesPerSecond, scheduler } = viewOptions;
    const urgent = schedulerOf(scheduler);
    return createView({ status: () => find()?.status() ?? 'idle', getSnapshot, watch }, viewOptions, {
      guard,
      urgent,
      scheduler: rate ? schedulerOf({ intervalMs: 1_000 / rate }) : urgent,
    });
  }

  return {
    id,
    name,
    params,
    get kind() {
      return find()?.kind ?? null;
    },
    getSnapshot,
    view,
    subscribe(listener: (snapshot: ChannelSnapshot<unknown>) => void, viewOptions?: ViewOptions<unknown>) {
      const shown = view(viewOptions);
      return shown.subscribe(() => listener(shown.getSnapshot()), true);
    },
    retain: () => watch(),
    on,
    resync() {
      const channel = find();
      if (channel) ports.resync(channel);
    },
    onChange: (listener: Listener) => listen('change', listener),
    onEvent(listener: (event: unknown, meta: EventMeta) => void, eventOptions: EventOptions = {}) {
      const deliver = guard(({ event, ...meta }: EventMeta & { readonly event: unknown }) =>
        listener(event, meta),
      );
      const { maxPerSecond, onOverflow } = eventOptions;
      if (!maxPerSecond) return listen('event', deliver, deliver.stop);
      const overflow = guard(onOverflow ?? (() => undefined));
      const queue = createEventQueue(clock, { ...eventOptions, onOverflow: overflow }, deliver);
      queues.add(queue);
      return listen(
        'event',
        queue.push,
        deliver.stop,
        overflow.stop,
        queue.close,
        () => void queues.delete(queue),
      );
    },
    with: (other: ChannelOptions) => createHandle(ports, id, name, params, { ...options, ...other }),
  };
}
