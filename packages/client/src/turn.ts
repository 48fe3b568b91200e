// Turn: the order of things. What a call or a message changes is changed first, then listeners are told.

export interface Turns {
  /** Runs something that changes the client. Inside another turn it is a part of that one. */
  readonly turn: <T>(run: () => T) => T;
  /** Runs once the present turn, if there is one, has changed all it will. */
  readonly afterTurn: (run: () => void) => void;
}

/** Makes the turns of one client. */
export function createTurns(): Turns {
  let busy = false;
  let later: (() => void)[] = [];

  function turn<T>(run: () => T): T {
    if (busy) return run();
    busy = true;
    try {
      return run();
    } finally {
      // Listeners may add to the list.
      for (const act of later) act();
      later = [];
      busy = false;
    }
  }

  return { turn, afterTurn: (run) => turn(() => void later.push(run)) };
}
