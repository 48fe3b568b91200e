// Transition: the shape of every state machine of both ends.

/**
 * A pure state machine: no clock, no randomness, no I/O. What it needs arrives in the event, what it wants done
 * leaves as effects, in the order in which they are to happen.
 */
export type Transition<State, Event, Effect> = (state: State, event: Event) => readonly [State, ...Effect[]];
