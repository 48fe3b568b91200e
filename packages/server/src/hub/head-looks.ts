// Head looks: when a hub asks the broker where a channel stands because a reader says that it is further. Anybody may say
// so, of any channel, in every frame, and the answer can be the whole channel: what is asked for is shared and rationed.
import { type Cancel, type Clock, TickwireError } from '@tickwire/protocol';

/** How far apart two looks at one channel begin, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

interface Looks {
  /** The one under way. */
  present: Promise<void> | null;
  /** The one that has not begun: whoever asks now is answered by it. */
  next: Promise<void> | null;
  beganAtMs: number;
}

/** The looks at the channels of a hub. */
export class HeadLooks<Channel extends object> {
  readonly #clock: Clock;
  readonly #look: (channel: Channel) => Promise<void>;
  readonly #looks = new WeakMap<Channel, Looks>();
  readonly #waiting = new Map<Cancel, (error: TickwireError) => void>();

  /** @param look resolves when the channel's head is where the broker was after the call, or further */
  constructor(clock: Clock, look: (channel: Channel) => Promise<void>) {
    this.#clock = clock;
    this.#look = look;
  }

  /** Resolves after a look that began after this call, or after an earlier one that is enough; rejects where it failed. */
  async after(channel: Channel, isEnough: () => boolean): Promise<void> {
    const known = this.#looks.get(channel);
    const looks = known ?? { present: null, next: null, beganAtMs: -Infinity };
    if (known === undefined) this.#looks.set(channel, looks);
    if (looks.present !== null) {
      await looks.present;
      if (isEnough()) return;
    }
    await (looks.next ??= this.#next(channel, looks));
  }

  /** Whoever waits is refused. */
  close(): void {
    for (const [cancel, refuse] of this.#waiting) {
      cancel();
      refuse(new TickwireError('unavailable', 'The server is closing.'));
    }
    this.#waiting.clear();
  }

  async #next(channel: Channel, looks: Looks): Promise<void> {
    await this.#wait(looks.beganAtMs + LOOK_EVERY_MS - this.#clock.monotonicMs());
    looks.beganAtMs = this.#clock.monotonicMs();
    looks.next = null;
    const present = this.#look(channel).finally(() => (looks.present = null));
    looks.present = present;
    await present;
  }

  #wait(ms: number): Promise<void> | undefined {
    if (ms <= 0) return undefined;
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.setTimer(ms, () => {
        this.#waiting.delete(cancel);
        resolve();
      });
      this.#waiting.set(cancel, reject);
    });
  }
}
