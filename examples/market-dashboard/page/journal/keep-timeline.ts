// Writes the timeline from what the client tells. Uses its public events alone, as any application may.
import type { Client, GapEvent } from '@tickwire/client';
import type { dashboard } from '../../src/contract.js';
import { formatCount, formatMs } from '../format.js';
import { createCatchUp, type CatchUp } from './catch-up.js';
import type { MomentText, Timeline } from './timeline.js';

/** Channels that catch up this soon after a connection belong to its resumption; later ones healed a hole. */
const RESUMING_MS = 4_000;
/** Holes that heal within this time of each other are one moment. */
const HEALING_MS = 5_000;
const REDRAW_MS = 150;

const WHY_LOST: Readonly<Record<GapEvent['why'], string>> = {
  epoch: 'The server began a new history: what happened in between is lost, and it says so.',
  trimmed: 'The history is shorter than the absence: the oldest of it is lost, and the server says so.',
  regress: 'The server lost what it had acknowledged, and says so.',
};

const triesText = (tries: number): string =>
  tries === 1
    ? 'Trying to reach the server.'
    : `${tries} tries so far, at uneven times: a server that returns is not asked by all tabs at once.`;

/** A moment that is still being counted. */
interface Counting {
  readonly catchUp: CatchUp;
  readonly id: number;
  readonly text: (catchUp: CatchUp) => MomentText;
  readonly untilMs: number;
}

const healed = (catchUp: CatchUp): MomentText => ({
  kind: 'healed',
  title: 'Holes healed',
  text: 'Messages were lost on the way. The positions told, and the server filled the ranges.',
  chips: catchUp.chips(),
});

export function keepTimeline(client: Client<typeof dashboard>, timeline: Timeline): void {
  let lostMs: number | null = null;
  let hasBeenLive = false;
  let waiting: { readonly id: number; tries: number } | null = null;
  let resuming: Counting | null = null;
  let healing: Counting | null = null;
  let redraw: ReturnType<typeof setTimeout> | undefined;

  const count = (text: (catchUp: CatchUp) => MomentText, forMs: number): Counting => {
    const catchUp = createCatchUp();
    return { catchUp, text, id: timeline.add(text(catchUp)), untilMs: performance.now() + forMs };
  };

  client.on('connected', () => {
    waiting = null;
    const awayMs = lostMs === null ? 0 : performance.now() - lostMs;
    lostMs = null;
    if (!hasBeenLive) {
      hasBeenLive = true;
      timeline.add({
        kind: 'live',
        title: 'Live',
        text: 'Connected. Every channel is at the server’s head.',
      });
      return;
    }
    resuming = count(
      (catchUp) => ({
        kind: 'resumed',
        title: `Resumed after ${formatMs(awayMs)}`,
        text: catchUp.sentence(),
        chips: catchUp.chips(),
      }),
      RESUMING_MS,
    );
  });

  client.on('disconnected', ({ reason, willRetry }) => {
    if (!hasBeenLive || lostMs !== null) return;
    lostMs = performance.now();
    resuming = null;
    healing = null;
    timeline.add({
      kind: 'stale',
      title: 'Stale',
      text: 'The connection is lost. The last known values stay, and are greyed.',
    });
    if (willRetry) return;
    const why = reason === null ? '' : ` The server’s reason: ${reason.message}`;
    timeline.add({ kind: 'stale', title: 'Stopped', text: `It will not try again by itself.${why}` });
  });

  client.on('status', ({ status, attempt }) => {
    if (status !== 'connecting' || lostMs === null) return;
    const moment: MomentText = {
      kind: 'reconnecting',
      title: 'Reconnecting',
      text: triesText(Math.max(1, attempt)),
    };
    if (waiting === null) waiting = { id: timeline.add(moment), tries: attempt };
    else if (attempt > waiting.tries) {
      waiting.tries = attempt;
      timeline.amend(waiting.id, moment);
    }
  });

  client.on('recovered', (event) => {
    const isOpen = (moment: Counting | null): moment is Counting =>
      moment !== null && performance.now() < moment.untilMs;
    let current = resuming;
    // A channel resumes once: what it catches up on after that was lost on the new connection.
    if (!isOpen(current) || current.catchUp.has(event.channel)) {
      if (!isOpen(healing)) healing = count(healed, HEALING_MS);
      current = healing;
    }
    current.catchUp.add(event);
    redraw ??= setTimeout(() => {
      redraw = undefined;
      for (const moment of [resuming, healing]) {
        if (moment !== null) timeline.amend(moment.id, moment.text(moment.catchUp));
      }
    }, REDRAW_MS);
  });

  client.on('gap', ({ why, lost }) => {
    const chips =
      lost === null
        ? []
        : [{ value: formatCount(lost.to - lost.from), label: 'trades lost', tone: 'warn' as const }];
    timeline.add({ kind: 'gap', title: 'Gap announced', text: WHY_LOST[why], chips });
  });
}
