// Clock: time as a client needs it, which has no turns of an event loop to wait for.
import type { Clock } from '@tickwire/protocol';

/** Time, as the client asks for it. Any {@link Clock} will do. */
export type ClientClock = Omit<Clock, 'endOfTurn'>;
