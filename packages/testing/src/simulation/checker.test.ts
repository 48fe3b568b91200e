import type { Position } from '@tickwire/protocol';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.js';
import { checkHistory } from './checker.js';
import type { Change, Happening, HistoryEvent, SeenStatus, WrittenChange } from './history.js';

const E1 = 'epoch-1';
const E2 = 'epoch-2';

/** A history whose events are a millisecond apart; an array of events shares one instant. */
function historyOf(...happenings: readonly (Happening | readonly Happening[])[]): HistoryEvent[] {
  return happenings.flatMap((each, atMs) =>
    (Array.isArray(each) ? each : [each]).map((happening) => ({ atMs, ...happening }) as HistoryEvent),
  );
}

const rulesOf = (...happenings: readonly (Happening | readonly Happening[])[]): string[] =>
  checkHistory(historyOf(...happenings)).map((violation) => violation.rule);

const price: Happening = { type: 'channel', channel: 'price', kind: 'state' };
const book: Happening = { type: 'channel', channel: 'book', kind: 'collection' };
const tape: Happening = { type: 'channel', channel: 'tape', kind: 'stream' };
const write = (channel: string, offset: number, change: WrittenChange, epoch = E1): Happening => ({
  type: 'written',
  channel,
  epoch,
  previousOffset: offset - ('append' in change ? change.append.length : 1),
  offset,
  change,
});
const set = (offset: number, epoch = E1): Happening => write('price', offset, { set: { n: offset } }, epoch);
const append = (offset: number, epoch = E1): Happening =>
  write('tape', offset, { append: [{ n: offset }] }, epoch);
const open = (channel: string): Happening => ({
  type: 'subscribed',
  subscription: 1,
  client: 'ann',
  channel,
});
const applied = (offset: number, value: unknown, epoch = E1, status: SeenStatus = 'live'): Happening => ({
  type: 'applied',
  subscription: 1,
  position: { epoch, offset },
  value: canonicalJson(value),
  status,
});
const delivered = (offset: number, epoch = E1, value: unknown = { n: offset }): Happening => ({
  type: 'delivered',
  subscription: 1,
  position: { epoch, offset },
  value: canonicalJson(value),
});
const head = (channel: string, offset: number, value: unknown, epoch = E1): Happening => ({
  type: 'head',
  channel,
  position: { epoch, offset },
  value: canonicalJson(value),
});
const atRest = (offset: number, value: unknown, epoch = E1, status: SeenStatus = 'live'): Happening => ({
  type: 'atRest',
  subscription: 1,
  position: { epoch, offset },
  value: canonicalJson(value),
  status,
});
const publish = (number: number, channel: string, change: Change): Happening => ({
  type: 'published',
  publish: number,
  publisher: 'feed',
  channel,
  change,
});
const acknowledge = (number: number, offset: number, epoch = E1): Happening => ({
  type: 'acknowledged',
  publish: number,
  position: { epoch, offset },
});

describe('checkHistory', () => {
  it('finds nothing in an empty history', () => {
    expect(rulesOf()).toEqual([]);
  });

  it('finds nothing where every promise is kept', () => {
    expect(
      rulesOf(
        price,
        book,
        tape,
        open('price'),
        publish(1, 'price', { set: { n: 1 } }),
        set(1),
        acknowledge(1, 1),
        publish(2, 'price', { set: { n: 2 } }),
        set(2),
        acknowledge(2, 2),
        publish(3, 'price', { set: { n: 3 } }),
        set(3),
        applied(1, { n: 1 }),
        applied(3, { n: 3 }),
        head('price', 3, { n: 3 }),
        atRest(3, { n: 3 }),
      ),
    ).toEqual([]);
  });

  describe('R1', () => {
    it('sees a value that goes back', () => {
      expect(
        rulesOf(price, set(1), set(2), open('price'), applied(2, { n: 2 }), applied(1, { n: 1 })),
      ).toEqual(['R1']);
    });

    it('sees a value that was not written at its position', () => {
      expect(rulesOf(price, set(1), open('price'), applied(1, { n: 7 }))).toEqual(['R1']);
    });

    it('sees a position where nothing was written', () => {
      expect(rulesOf(price, set(1), open('price'), applied(5, { n: 1 }))).toEqual(['R1']);
    });

    it('folds a collection from what was written', () => {
      const first = write('book', 1, { upsert: { a: { n: 1 }, b: { n: 2 } }, remove: [] });
      const second = write('book', 2, { upsert: { c: { n: 3 } }, remove: ['a'] });
      expect(rulesOf(book, first, second, open('book'), applied(2, { b: { n: 2 }, c: { n: 3 } }))).toEqual(
        [],
      );
      expect(rulesOf(book, first, second, open('book'), applied(2, { a: { n: 1 }, c: { n: 3 } }))).toEqual([
        'R1',
      ]);
    });

    it('sees events out of order, and one that was changed on the way', () => {
      const written = [append(1), append(2), append(3)];
      expect(rulesOf(tape, written, open('tape'), delivered(1), delivered(3), delivered(2))).toEqual([
        'R7',
        'R1',
      ]);
      expect(rulesOf(tape, written, open('tape'), delivered(1, E1, { n: 9 }))).toEqual(['R1']);
    });

    it('sees publishes of one publisher that were written in another order', () => {
      expect(
        rulesOf(
          price,
          publish(1, 'price', { set: { n: 2 } }),
          publish(2, 'price', { set: { n: 1 } }),
          set(1),
          set(2),
          acknowledge(2, 1),
          acknowledge(1, 2),
        ),
      ).toEqual(['R1']);
    });
  });

  describe('R2', () => {
    const written = [1, 2, 3, 4].map((offset) => append(offset));
    const interrupted: Happening = { type: 'interrupted', client: 'ann' };
    const gap = (
      why: 'epoch' | 'trimmed',
      lost: readonly [number, number] | null,
      to: Position | null = null,
    ): Happening => ({ type: 'gap', subscription: 1, why, lost, to });

    it('sees an event that is missing after a reconnect', () => {
      expect(rulesOf(tape, written, open('tape'), delivered(1), interrupted, delivered(3))).toEqual(['R2']);
    });

    it('accepts a loss that was announced with its range', () => {
      expect(
        rulesOf(tape, written, open('tape'), delivered(1), interrupted, gap('trimmed', [1, 3]), delivered(4)),
      ).toEqual([]);
    });

    it('sees a range that leaves out what was lost', () => {
      expect(
        rulesOf(tape, written, open('tape'), delivered(1), interrupted, gap('trimmed', [2, 3]), delivered(4)),
      ).toEqual(['R2']);
      expect(
        rulesOf(tape, written, open('tape'), delivered(1), interrupted, gap('trimmed', [1, 2]), delivered(4)),
      ).toEqual(['R2']);
    });

    it('sees another epoch that nobody announced', () => {
      const other = append(1, E2);
      expect(
        rulesOf(tape, written, other, open('tape'), delivered(4), interrupted, delivered(1, E2)),
      ).toEqual(['R2']);
      expect(
        rulesOf(
          tape,
          written,
          other,
          open('tape'),
          delivered(4),
          interrupted,
          gap('epoch', null),
          delivered(1, E2),
        ),
      ).toEqual([]);
    });

    it('sees an event that is missing right after another epoch was announced', () => {
      const others = [append(1, E2), append(2, E2), append(3, E2)];
      const told = gap('epoch', null, { epoch: E2, offset: 1 });
      expect(rulesOf(tape, written, others, open('tape'), delivered(4), told, delivered(2, E2))).toEqual([]);
      expect(rulesOf(tape, written, others, open('tape'), delivered(4), told, delivered(3, E2))).toEqual([
        'R2',
      ]);
    });

    it('lets a subscriber begin anew after it was refused, and only then', () => {
      const refused = (code: string): Happening => ({ type: 'refused', subscription: 1, code });
      const start = [written, open('tape'), delivered(1), interrupted];
      expect(rulesOf(tape, ...start, refused('forbidden'), delivered(4))).toEqual([]);
      expect(rulesOf(tape, ...start, refused('unavailable'), delivered(4))).toEqual(['R2']);
    });

    it('sees a loss without a range, and one that is not where the subscriber was put', () => {
      const start = [written, open('tape'), delivered(1)];
      expect(rulesOf(tape, ...start, gap('trimmed', null))).toEqual(['R2']);
      expect(rulesOf(tape, ...start, gap('trimmed', [1, 2], { epoch: E1, offset: 3 }))).toEqual(['R2']);
    });

    it('sees an event that is missing before the first one, once the subscriber was told where it is', () => {
      expect(rulesOf(tape, written, open('tape'), applied(1, [{ n: 1 }]), interrupted, delivered(3))).toEqual(
        ['R2'],
      );
    });

    it('sees a loss of what history must still hold', () => {
      const kept = (size: number, ttlMs: number): Happening => ({ ...tape, history: { size, ttlMs } });
      const told = [written, open('tape'), delivered(1), gap('trimmed', [1, 3]), delivered(4)];
      expect(rulesOf(kept(1, 1_000), ...told)).toEqual([]);
      expect(rulesOf(kept(2, 1_000), ...told)).toEqual(['R2']);
      // It was written three milliseconds before.
      expect(rulesOf(kept(2, 4), ...told)).toEqual(['R2']);
      expect(rulesOf(kept(2, 3), ...told)).toEqual([]);
    });

    it('sees a channel that is said to have gone back, and a gap in one that can skip', () => {
      const back: Happening = { type: 'gap', subscription: 1, why: 'regress', lost: null, to: null };
      expect(rulesOf(tape, written, open('tape'), delivered(1), back)).toEqual(['R2']);
      expect(rulesOf(price, set(1), open('price'), applied(1, { n: 1 }), back)).toEqual(['R2']);
    });

    it('sees "nothing is missing" said to somebody who misses something', () => {
      const same: Happening = {
        type: 'recovered',
        subscription: 1,
        mode: 'same',
        to: { epoch: E1, offset: 4 },
      };
      expect(rulesOf(tape, written, open('tape'), delivered(1), interrupted, same)).toEqual(['R2']);
    });

    it('sees a tail that is missing at rest', () => {
      expect(
        rulesOf(
          tape,
          written,
          open('tape'),
          delivered(1),
          interrupted,
          head('tape', 4, [{ n: 4 }]),
          atRest(4, [{ n: 4 }]),
        ),
      ).toEqual(['R2']);
    });
  });

  describe('R3', () => {
    it('sees an event that is delivered twice', () => {
      expect(rulesOf(tape, append(1), open('tape'), delivered(1), delivered(1))).toEqual(['R3']);
    });
  });

  describe('R4', () => {
    it('sees a subscriber that rests behind the head, or at it with another value', () => {
      const written = [set(1), set(2)];
      const end = head('price', 2, { n: 2 });
      expect(rulesOf(price, written, open('price'), applied(1, { n: 1 }), end, atRest(1, { n: 1 }))).toEqual([
        'R4',
      ]);
      expect(rulesOf(price, written, open('price'), end, atRest(2, { n: 1 }))).toEqual(['R4']);
    });

    it('sees a subscriber that is not live at rest', () => {
      const end = [head('price', 1, { n: 1 }), atRest(1, { n: 1 }, E1, 'stale')];
      expect(rulesOf(price, set(1), open('price'), end)).toEqual(['R4']);
    });

    it('asks nothing of a subscriber that was refused', () => {
      const refused: Happening = { type: 'refused', subscription: 1, code: 'forbidden' };
      const end = [head('price', 1, { n: 1 }), atRest(0, null, E1, 'closed')];
      expect(rulesOf(price, set(1), open('price'), refused, end)).toEqual([]);
    });
  });

  describe('R5', () => {
    it('sees an offset that is given out twice, and a broken link', () => {
      expect(rulesOf(price, set(1), set(1))).toEqual(['R5']);
      expect(rulesOf(price, set(1), set(3))).toEqual(['R5']);
      expect(rulesOf(price, set(1), set(1, E2))).toEqual([]);
    });
  });

  describe('R7', () => {
    it('sees an event that is left out while the connection held', () => {
      expect(
        rulesOf(tape, append(1), append(2), append(3), open('tape'), delivered(1), delivered(3)),
      ).toEqual(['R7']);
    });

    it('lets state skip', () => {
      expect(
        rulesOf(price, set(1), set(2), set(3), open('price'), applied(1, { n: 1 }), applied(3, { n: 3 })),
      ).toEqual([]);
    });
  });

  describe('R8', () => {
    it('sees an acknowledgement of what was never written', () => {
      expect(rulesOf(price, publish(1, 'price', { set: { n: 1 } }), acknowledge(1, 1))).toEqual(['R8']);
    });

    it('sees an acknowledgement of what was written otherwise', () => {
      expect(rulesOf(price, publish(1, 'price', { set: { n: 8 } }), set(1), acknowledge(1, 1))).toEqual([
        'R8',
      ]);
      const patch = publish(1, 'book', { patch: { a: { y: 2 } } });
      const before = [
        publish(2, 'book', { upsert: { a: { x: 1 } } }),
        write('book', 1, { upsert: { a: { x: 1 } }, remove: [] }),
        acknowledge(2, 1),
      ];
      const right = write('book', 2, { upsert: { a: { x: 1, y: 2 } }, remove: [] });
      const wrong = write('book', 2, { upsert: { a: { y: 2 } }, remove: [] });
      expect(rulesOf(book, ...before, patch, right, acknowledge(1, 2))).toEqual([]);
      expect(rulesOf(book, ...before, patch, wrong, acknowledge(1, 2))).toEqual(['R8']);
    });

    it('sees events of one publish that were torn apart', () => {
      const both = publish(1, 'tape', { append: [{ n: 1 }, { n: 2 }] });
      expect(
        rulesOf(tape, both, write('tape', 2, { append: [{ n: 1 }, { n: 2 }] }), acknowledge(1, 2)),
      ).toEqual([]);
      expect(rulesOf(tape, both, write('tape', 1, { append: [{ n: 2 }] }), acknowledge(1, 1))).toEqual([
        'R8',
      ]);
    });

    it('sees a publish that was said not to be executed, but was', () => {
      const failed: Happening = { type: 'publishFailed', publish: 1, executed: 'no', code: 'unavailable' };
      expect(rulesOf(price, publish(1, 'price', { set: { n: 1 } }), set(1), failed)).toEqual(['R8']);
      expect(rulesOf(price, publish(1, 'price', { set: { n: 1 } }), failed)).toEqual([]);
      const records = { a: { x: 1 }, b: { x: 2 } };
      const before = [
        publish(2, 'book', { upsert: records }),
        write('book', 1, { upsert: records, remove: [] }),
        acknowledge(2, 1),
      ];
      const changes: readonly (readonly [Change, WrittenChange])[] = [
        [{ patch: { a: { y: 1 } } }, { upsert: { a: { x: 1, y: 1 } }, remove: [] }],
        [{ remove: ['a'] }, { upsert: {}, remove: ['a'] }],
        [{ clear: true }, { upsert: {}, remove: ['a', 'b'] }],
      ];
      for (const [asked, written] of changes) {
        const request = publish(1, 'book', asked);
        expect(rulesOf(book, ...before, request, write('book', 2, written), failed)).toEqual(['R8']);
        expect(rulesOf(book, ...before, request, write('book', 2, written))).toEqual([]);
      }
    });

    it('sees events that were written twice for one publish that has no answer', () => {
      const one = publish(1, 'tape', { append: [{ n: 1 }] });
      const first = write('tape', 1, { append: [{ n: 1 }] });
      const second = write('tape', 2, { append: [{ n: 1 }] });
      expect(rulesOf(tape, one, first)).toEqual([]);
      expect(rulesOf(tape, one, first, second)).toEqual(['R8']);
      expect(rulesOf(tape, one, publish(2, 'tape', { append: [{ n: 1 }] }), first, second)).toEqual([]);
    });

    it('sees what was written though nobody had asked for it by then', () => {
      expect(rulesOf(price, publish(1, 'price', { set: { n: 7 } }), set(1))).toEqual(['R8']);
      expect(rulesOf(price, set(1), publish(1, 'price', { set: { n: 1 } }))).toEqual(['R8']);
    });

    it('does not take for it what somebody else asked for too', () => {
      const failed: Happening = { type: 'publishFailed', publish: 1, executed: 'no', code: 'unavailable' };
      const [one, other] = [1, 2].map((n) => publish(n, 'price', { set: { n: 1 } }));
      expect(rulesOf(price, one!, failed, other!, set(1))).toEqual([]);
    });

    it('accepts an acknowledgement of what a broker had restored', () => {
      const restored: Happening = { type: 'restored', channel: 'book', position: { epoch: E1, offset: 1 } };
      const before = write('book', 1, { upsert: { a: { x: 1 }, b: { y: 1 } }, remove: [] });
      const idle = publish(1, 'book', { upsert: { a: { x: 1 } } });
      expect(rulesOf(book, before, idle, acknowledge(1, 1))).toEqual(['R8']);
      expect(rulesOf(book, before, restored, idle, acknowledge(1, 1))).toEqual([]);
    });
  });

  describe('R9', () => {
    const call = (number: number, key: string | null): Happening => ({
      type: 'commandCalled',
      call: number,
      principal: 'ann',
      command: 'order',
      key,
    });
    const ran = (number: number, key: string | null, output = 'o1', store = 's1'): Happening => ({
      type: 'commandRan',
      store,
      call: number,
      principal: 'ann',
      command: 'order',
      key,
      output,
    });
    const settled = (number: number, executed: 'yes' | 'no' | 'maybe', output: string | null): Happening => ({
      type: 'commandSettled',
      call: number,
      executed,
      code: output === null ? 'unavailable' : null,
      output,
    });

    it('sees two effects of one key', () => {
      expect(rulesOf(call(1, 'k'), ran(1, 'k'), call(2, 'k'), ran(1, 'k', 'o2'))).toEqual(['R9']);
    });

    it('cannot ask one server to know what another one remembers', () => {
      expect(rulesOf(call(1, 'k'), ran(1, 'k'), call(2, 'k'), ran(1, 'k', 'o2', 's2'))).toEqual([]);
    });

    it('accepts a stored outcome for a call that repeats the key', () => {
      expect(
        rulesOf(call(1, 'k'), ran(1, 'k'), settled(1, 'maybe', null), call(2, 'k'), settled(2, 'yes', 'o1')),
      ).toEqual([]);
    });

    it('sees a call without a key that runs twice', () => {
      expect(rulesOf(call(1, null), ran(1, null), ran(1, null))).toEqual(['R9']);
    });

    it('sees a call that ran though it was said not to, before or after', () => {
      expect(rulesOf(call(1, null), ran(1, null), settled(1, 'no', null))).toEqual(['R9']);
      expect(rulesOf(call(1, null), settled(1, 'no', null), ran(1, null))).toEqual(['R9']);
    });

    it('sees an answer that no run gave', () => {
      expect(rulesOf(call(1, null), ran(1, null), settled(1, 'yes', 'other'))).toEqual(['R9']);
    });

    it('sees a key that is refused because of what somebody else asked for', () => {
      const refused: Happening = {
        type: 'commandSettled',
        call: 2,
        executed: 'no',
        code: 'key_reused',
        output: null,
      };
      const asked = (number: number, principal: string): Happening =>
        ({ ...call(number, 'k'), principal, input: number }) as Happening;
      expect(rulesOf(asked(1, 'bob'), asked(2, 'ann'), refused)).toEqual(['R9']);
      expect(rulesOf(asked(1, 'ann'), asked(2, 'ann'), refused)).toEqual([]);
    });

    it('sees somebody who is told that it was done, though nothing ran', () => {
      expect(rulesOf(call(1, null), settled(1, 'yes', null))).toEqual(['R9']);
      expect(rulesOf(call(1, null), ran(1, null), settled(1, 'yes', null))).toEqual([]);
    });

    it('sees the answer to another question of the same key', () => {
      const one = { ...call(1, 'k'), input: 1 };
      const other = { ...call(2, 'k'), input: 2 };
      const done = { ...ran(1, 'k'), input: 1 };
      expect(rulesOf(one, other, done, settled(1, 'yes', 'o1'), settled(2, 'no', null))).toEqual([]);
      expect(rulesOf(one, other, done, settled(1, 'yes', 'o1'), settled(2, 'yes', 'o1'))).toEqual(['R9']);
    });
  });

  describe('R10 to R12', () => {
    const authorized = (allowed: boolean): Happening => ({
      type: 'authorized',
      session: 's',
      channel: 'tape',
      allowed,
    });
    const ask = (id: number): Happening => ({ type: 'asked', session: 's', channel: 'tape', id });
    const answer = (id: number): Happening => ({
      type: 'attached',
      session: 's',
      channel: 'tape',
      id,
      mode: 'tail',
    });
    const asked = ask(1);
    const attached = answer(1);
    const exposed: Happening = { type: 'exposed', session: 's', channel: 'tape' };
    const revoked: Happening = { type: 'revoked', session: 's', channel: 'tape' };

    it('see data that reaches a session nobody authorised', () => {
      expect(rulesOf(exposed)).toEqual(['R10']);
      expect(rulesOf(authorized(false), exposed)).toEqual(['R10']);
      expect(rulesOf(asked, authorized(true), attached, exposed)).toEqual([]);
      expect(rulesOf(authorized(true), { ...exposed, session: 'other' })).toEqual(['R10']);
    });

    it('see data that goes on after a revocation (R12)', () => {
      const start = [asked, authorized(true), attached];
      expect(rulesOf(...start, exposed, revoked, exposed)).toEqual(['R12']);
      expect(rulesOf(...start, revoked, ...start, exposed)).toEqual([]);
    });

    it('see data that goes on after credentials have ended (R12)', () => {
      const accepted: Happening = { type: 'authenticated', session: 's', endsInMs: 3 };
      // Each happening is a millisecond after the one before.
      expect(rulesOf(accepted, authorized(true), exposed, exposed)).toEqual([]);
      expect(rulesOf(accepted, authorized(true), exposed, exposed, exposed)).toEqual(['R12']);
      expect(rulesOf(accepted, authorized(true), exposed, accepted, exposed, exposed)).toEqual([]);
    });

    it('judge by old credentials also while new ones are judged (R12)', () => {
      const accepted: Happening = { type: 'authenticated', session: 's', endsInMs: 1 };
      const judging: Happening = { type: 'authenticating', session: 's' };
      expect(rulesOf(accepted, authorized(true), judging, exposed)).toEqual(['R12']);
      expect(rulesOf(accepted, authorized(true), judging, accepted, exposed)).toEqual([]);
    });

    it('see a subscription that lives on the answer to another question (R11)', () => {
      expect(rulesOf(asked, authorized(true), attached)).toEqual([]);
      expect(rulesOf(authorized(true), asked, attached)).toEqual(['R11']);
      expect(rulesOf(asked, authorized(true), attached, ask(2), answer(2))).toEqual(['R11']);
      expect(rulesOf(asked, authorized(true), ask(2), answer(2))).toEqual(['R11']);
      expect(rulesOf(asked, ask(2), authorized(true), answer(2), attached)).toEqual([]);
    });

    it('see a subscription that nobody asked for (R11)', () => {
      expect(rulesOf(authorized(true), attached)).toEqual(['R11']);
    });
  });

  describe('R6', () => {
    it('sees a server that missed something and does not look', () => {
      expect(rulesOf({ type: 'unnoticed', server: 'server-0', channel: 'price', forMs: 11_000 })).toEqual([
        'R6',
      ]);
    });
  });

  describe('R22', () => {
    it('sees a connection that ends without a cause', () => {
      expect(
        rulesOf(
          { type: 'clockJumped', byMs: 3_600_000 },
          { type: 'endedUntouched', connection: 1, code: 4302 },
        ),
      ).toEqual(['R22']);
    });
  });

  describe('R22, at rest', () => {
    it('sees a connection that nobody pings any more', () => {
      expect(rulesOf({ type: 'unpinged', connection: 1, forMs: 3_600_000 })).toEqual(['R22']);
    });
  });

  describe('R25 and R26', () => {
    it('see callbacks after the end and what is left over', () => {
      expect(rulesOf({ type: 'calledLate', what: 'a listener' })).toEqual(['R25']);
      expect(rulesOf({ type: 'leftOver', owner: 'client', what: 'timers of ann', count: 1 })).toEqual([
        'R25',
      ]);
      expect(rulesOf({ type: 'leftOver', owner: 'server', what: 'channels of s1', count: 2 })).toEqual([
        'R26',
      ]);
      expect(rulesOf({ type: 'leftOver', owner: 'server', what: 'channels of s1', count: 0 })).toEqual([]);
    });
  });
});
