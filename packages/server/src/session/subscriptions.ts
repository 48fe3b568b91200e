// Subscriptions: what one connection reads. Answers `sub` channel by channel: rule, warm channel, place in its history,
// ack, data behind it. Each channel of a `sub` is answered exactly once.
import {
  decideRecovery,
  type Position,
  type RefusedEntry,
  type ServerFrame,
  type SubscribedEntry,
  type SubscribeEntry,
  type SubscribeFrame,
  TickwireError,
  toWireError,
  type UnsubscribeFrame,
  type WireError,
} from '@tickwire/protocol';
import type { Authorizer } from '../auth/authorize.js';
import type { Channel } from '../hub/channel.js';
import { NOTHING_SENT } from '../hub/channel-head.js';
import type { FrameRun } from '../hub/frame-run.js';
import type { Hub } from '../hub/hub.js';
import { Subscription } from '../hub/subscription.js';
import type { ChannelDirectory, KnownChannel } from './channel-directory.js';
import type { Outbox } from './outbox.js';
import { type Pending, PendingQuestions } from './pending-questions.js';
import { utf8Length } from './utf8-length.js';

/** What the subscriptions of a connection need. */
export interface SubscriptionsOptions {
  readonly hub: Hub;
  readonly directory: ChannelDirectory;
  readonly authorizer: Authorizer;
  readonly outbox: Outbox;
  /** Who reads; a refresh may bring the same principal with other rights. */
  readonly principal: () => unknown;
  readonly maxSubscriptions: number;
  readonly maxChannelsPerSubscribe: number;
  /** Queues a control frame. */
  readonly send: (frame: ServerFrame) => void;
  readonly count: (what: string) => void;
  /** A fault of ours, found when nobody is there to catch it. */
  readonly fail: (error: unknown) => void;
}

interface Held {
  /** Number of the question that it answered. */
  readonly question: number;
  readonly known: KnownChannel;
  readonly channel: Channel;
  readonly subscription: Subscription;
}

type Entry = SubscribedEntry | RefusedEntry;
/** What follows an ack in the same write. */
interface Answer {
  readonly entry: Entry;
  readonly begins: Subscription | null;
}

/** Ack entries in one frame; about 400 bytes each in the worst case. */
const ENTRY_BYTES = 400;

/** Bytes of an `unsubd` besides its channels. */
const UNSUBSCRIBED_BYTES = 64;

/**
 * Questions about one channel that wait at the same time: a client has one, and sends it again once (P-SUB-2); the others
 * are for one that ends its subscription and begins anew while a rule takes its time.
 */
const MAX_QUESTIONS = 8;

/** One refusal for every reason: nobody learns which channels exist (P-SUB-10). */
const FORBIDDEN: WireError = Object.freeze({ c: 'forbidden', x: 'no' });
const TOO_MANY: WireError = Object.freeze({ c: 'limit', m: 'too many subscriptions', x: 'no' });
const TOO_OFTEN: WireError = Object.freeze({ c: 'limit', m: 'asked for too often at once', x: 'no' });
const CANCELLED: WireError = Object.freeze({ c: 'cancelled', x: 'no' });

/** What one connection reads. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #held = new Map<string, Held>();
  readonly #pending = new PendingQuestions();
  #generation = 0;
  #questions = 0;
  #closed = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Ids of the channels it reads. */
  channels(): IterableIterator<string> {
    return this.#held.keys();
  }

  /** Whether it reads a channel, or is about to: its rule has said yes. */
  mayRead(id: string): boolean {
    if (this.#held.has(id)) return true;
    for (const { allowed, overruled } of this.#pending.of(id)) if (allowed && overruled === null) return true;
    return false;
  }

  subscribe(frame: SubscribeFrame): void {
    if (frame.ch.length > this.#options.maxChannelsPerSubscribe) {
      this.#options.count('limit');
      this.#options.send({
        t: 'err',
        id: frame.id,
        err: { c: 'limit', m: 'too many channels in one sub', x: 'no' },
      });
      return;
    }
    // Asked for twice, a channel is answered once: the last wish counts.
    const wishes = new Map<string, SubscribeEntry>();
    for (const wish of frame.ch) wishes.set(wish.c, wish);
    const answers: Answer[] = [];
    for (const wish of wishes.values()) {
      const answer = this.#answer(wish);
      if ('then' in answer)
        answer.then((late) => this.#acknowledge(frame.id, [late])).catch(this.#options.fail);
      else answers.push(answer);
    }
    if (answers.length > 0 || wishes.size === 0) this.#acknowledge(frame.id, answers);
  }

  unsubscribe(frame: UnsubscribeFrame): void {
    const ids = new Set(frame.ch);
    for (const id of ids) {
      this.#overrule(id, CANCELLED);
      this.#detach(id);
    }
    let ch: string[] = [];
    let bytes = UNSUBSCRIBED_BYTES;
    for (const id of ids) {
      const more = utf8Length(JSON.stringify(id)) + 1;
      if (ch.length > 0 && bytes + more > this.#options.outbox.maxFrameBytes) {
        this.#options.send({ t: 'unsubd', id: frame.id, ch });
        ch = [];
        bytes = UNSUBSCRIBED_BYTES;
      }
      ch.push(id);
      bytes += more;
    }
    this.#options.send({ t: 'unsubd', id: frame.id, ch });
  }

  /** Ends a subscription, or one that is about to begin, without being asked. */
  end(id: string, error: WireError): boolean {
    const ended = this.#overrule(id, error);
    if (!this.#detach(id)) return ended;
    this.#options.count(error.c);
    this.#options.send({ t: 'unsubd', ch: [id], err: error });
    return true;
  }

  /** Every rule is asked again; what it refuses now ends now (P-AUTH-3). */
  reauthorize(): void {
    // Rules asked with the old credentials may not have answered yet.
    this.#generation++;
    for (const [id, { known, subscription }] of this.#held) {
      const verdict = this.#options.authorizer.may(this.#options.principal(), known, this);
      if (verdict === true) continue;
      if (verdict === false) {
        this.end(id, FORBIDDEN);
        continue;
      }
      verdict
        .then((allowed) => {
          if (!allowed && this.#held.get(id)?.subscription === subscription) this.end(id, FORBIDDEN);
        })
        .catch(this.#options.fail);
    }
  }

  close(): void {
    this.#closed = true;
    this.#options.authorizer.forget(this);
    for (const id of [...this.#held.keys()]) this.#detach(id);
  }

  #acknowledge(id: number, answers: readonly Answer[]): void {
    if (this.#closed) return;
    const { outbox, send } = this.#options;
    const perFrame = Math.max(1, Math.floor(outbox.maxFrameBytes / ENTRY_BYTES));
    for (let at = 0; at === 0 || at < answers.length; at += perFrame) {
      const part = answers.slice(at, at + perFrame);
      send({ t: 'subd', id, r: part.map(({ entry }) => entry) });
      for (const { begins } of part) if (begins !== null) outbox.send(begins);
    }
  }

  #answer(wish: SubscribeEntry): Answer | Promise<Answer> {
    const known = this.#options.directory.find(wish.c);
    if (known === null) return this.#refuse(wish.c, FORBIDDEN);
    const asked = this.#pending.of(wish.c).size;
    if (asked >= MAX_QUESTIONS) return this.#refuse(wish.c, TOO_OFTEN);
    const { maxSubscriptions } = this.#options;
    if (this.#isFull(wish.c) || (asked === 0 && this.#pending.channels >= maxSubscriptions))
      return this.#refuse(wish.c, TOO_MANY);
    const pending: Pending = {
      id: wish.c,
      question: ++this.#questions,
      overruled: null,
      allowed: false,
      generation: this.#generation,
    };
    this.#pending.add(pending);
    const verdict = this.#options.authorizer.may(this.#options.principal(), known, this);
    return typeof verdict === 'boolean'
      ? this.#judged(wish, known, pending, verdict)
      : verdict.then((allowed) => this.#judged(wish, known, pending, allowed));
  }

  #judged(
    wish: SubscribeEntry,
    known: KnownChannel,
    pending: Pending,
    allowed: boolean,
  ): Answer | Promise<Answer> {
    if (!allowed) {
      // A yes that still waits for the broker is older than this no, and so is what an older question will be told.
      for (const other of this.#pending.of(wish.c)) {
        if (other.allowed || other.question < pending.question) other.overruled ??= FORBIDDEN;
      }
      // Whoever has an answer to a newer question does not look at this one, and must be told all the same.
      if (this.#isOutdated(pending)) this.end(wish.c, FORBIDDEN);
      return this.#settle(pending, this.#refuse(wish.c, FORBIDDEN));
    }
    if (pending.overruled !== null || this.#closed) return this.#cancel(pending);
    if (pending.generation !== this.#generation) {
      this.#pending.delete(pending);
      return this.#answer(wish);
    }
    pending.allowed = true;
    const { hub } = this.#options;
    let channel: Channel;
    try {
      channel = hub.acquire(known);
    } catch (error) {
      return this.#settle(pending, this.#refuse(wish.c, wireErrorOf(error)));
    }
    const warming = hub.warm(channel) ?? this.#ahead(channel, wish);
    if (warming === null) return this.#attach(wish, known, channel, pending);
    return warming.then(
      () => {
        // Rules may have changed while the broker was read.
        if (pending.generation === this.#generation) return this.#attach(wish, known, channel, pending);
        hub.release(channel);
        this.#pending.delete(pending);
        return this.#answer(wish);
      },
      (error: unknown) => {
        hub.release(channel);
        return this.#settle(pending, this.#refuse(wish.c, wireErrorOf(error)));
      },
    );
  }

  /** A cursor ahead of the head is judged against a head that was looked at again (P-SUB-4). */
  #ahead(channel: Channel, wish: SubscribeEntry): Promise<void> | null {
    const { head } = channel;
    const since = cursorOf(wish);
    if (head === null || since === null || since.epoch !== head.epoch || since.offset <= head.offset)
      return null;
    return this.#options.hub.confirm(channel, since);
  }

  #attach(wish: SubscribeEntry, known: KnownChannel, channel: Channel, pending: Pending): Answer {
    const { hub, outbox } = this.#options;
    const { head } = channel;
    if (head === null || pending.overruled !== null || this.#closed) {
      hub.release(channel);
      return this.#cancel(pending);
    }
    // Others were answered first.
    if (this.#isFull(wish.c)) {
      hub.release(channel);
      return this.#settle(pending, this.#refuse(wish.c, TOO_MANY));
    }
    const recovery = decideRecovery(known.spec.kind, head, cursorOf(wish));
    // A second answer begins anew: its data goes behind its own ack, and what waits behind an earlier one is left out.
    this.#detach(wish.c);
    const subscription = new Subscription(outbox, channel, head.epoch);
    // A channel counts as live until told otherwise (P-DATA-8).
    subscription.statusSent = channel.status === 'live' ? channel.statusVersion : 0;
    let sent = NOTHING_SENT;
    let start: number | undefined;
    let reset: FrameRun | null = null;
    switch (recovery.mode) {
      case 'same':
        sent = head.offset;
        break;
      case 'range':
        sent = wish.o ?? NOTHING_SENT;
        break;
      case 'tail': {
        const base = head.tailBase(wish.last);
        sent = base;
        if (base < head.offset) start = base;
        break;
      }
      case 'full':
        break;
      case 'reset':
        reset = head.resetRun(recovery.why ?? 'epoch', recovery.lost);
        break;
    }
    if (known.spec.kind === 'state' && recovery.mode === 'full') {
      const { largestBytes } = head.catchUp(head.epoch, NOTHING_SENT, outbox.form);
      if (largestBytes > outbox.maxFrameBytes) {
        hub.release(channel);
        return this.#settle(pending, this.#refuse(wish.c, { c: 'too_large', x: 'no' }));
      }
    }
    this.#held.set(wish.c, { question: pending.question, known, channel, subscription });
    channel.attach(subscription, sent);
    if (reset !== null) subscription.follow(reset);
    hub.release(channel);
    const entry: SubscribedEntry = {
      c: wish.c,
      n: channel.alias,
      kind: known.spec.kind,
      e: head.epoch,
      o: head.offset,
      m: recovery.mode,
      ...(start === undefined ? {} : { b: start }),
      ...(known.timeField === undefined ? {} : { tf: known.timeField }),
    };
    return this.#settle(pending, { entry, begins: subscription });
  }

  #settle(pending: Pending, answer: Answer): Answer {
    this.#pending.delete(pending);
    return answer;
  }

  /** Whether there is no room for a channel that is not read yet. */
  #isFull(id: string): boolean {
    return !this.#held.has(id) && this.#held.size >= this.#options.maxSubscriptions;
  }

  /** Whether a newer question for the channel has been answered already: the newest answer counts (P-SUB-3). */
  #isOutdated({ id, question }: Pending): boolean {
    return (this.#held.get(id)?.question ?? 0) > question;
  }

  /** Answers a question nobody waits for any more; what a newer one attached is not touched. */
  #cancel(pending: Pending): Answer {
    const error = pending.overruled ?? CANCELLED;
    this.#options.count(error.c);
    return this.#settle(pending, { entry: { c: pending.id, err: error }, begins: null });
  }

  /** What was there ends with the refusal: the newest answer is the one that counts (P-SUB-3). */
  #refuse(id: string, error: WireError): Answer {
    this.#detach(id);
    this.#options.count(error.c);
    return { entry: { c: id, err: error }, begins: null };
  }

  /** Whether there was anything to overrule. */
  #overrule(id: string, error: WireError): boolean {
    const questions = this.#pending.of(id);
    for (const pending of questions) pending.overruled = error;
    return questions.size > 0;
  }

  #detach(id: string): boolean {
    const held = this.#held.get(id);
    if (held === undefined) return false;
    this.#held.delete(id);
    held.channel.detach(held.subscription);
    this.#options.hub.settle(held.channel);
    return true;
  }
}

function cursorOf({ e, o }: SubscribeEntry): Position | null {
  return e === undefined || o === undefined ? null : { epoch: e, offset: o };
}

function wireErrorOf(error: unknown): WireError {
  return error instanceof TickwireError ? { ...toWireError(error), x: 'no' } : { c: 'unavailable', x: 'no' };
}
