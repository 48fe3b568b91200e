// Publisher: asks the real publishers for a scenario's change, whatever the channel's kind, and writes down the answer.
import { isTickwireError, type Position } from '@tickwire/protocol';
import type { ChannelOpener } from '@tickwire/server';
import type { ChannelPlan, SimulationContract } from './contract.js';
import type { Change, History } from './history.js';

/** What servers and bare publishers have in common. */
export type PublishingSide = ChannelOpener<SimulationContract>;

interface AnyPublisher {
  set(value: unknown): Promise<Position>;
  update(change: unknown): Promise<Position>;
  append(...events: readonly unknown[]): Promise<Position>;
  clear(): Promise<Position>;
  read(): Promise<{ readonly data: unknown; readonly position: Position }>;
}

/** Publishes and writes into the history what was asked for and what came of it. */
export function publishInto(
  history: History,
  publisher: string,
  side: PublishingSide,
  publish: number,
  channel: ChannelPlan,
  change: Change,
): void {
  history.add({ type: 'published', publish, publisher, channel: channel.id, change });
  apply(publisherOf(side, channel), change).then(
    (position) => history.add({ type: 'acknowledged', publish, position }),
    (error: unknown) => {
      if (!isTickwireError(error))
        throw new Error(`A publish rejected with ${String(error)}`, { cause: error });
      history.add({ type: 'publishFailed', publish, executed: error.executed, code: error.code });
    },
  );
}

/** Writes what was there before, on nobody's behalf. */
export function restoreInto(
  history: History,
  side: PublishingSide,
  channel: ChannelPlan,
  change: Change,
): void {
  void apply(publisherOf(side, channel), change).then((position) =>
    history.add({ type: 'restored', channel: channel.id, position }),
  );
}

/** As an application does, each side keeps the publishers it has. */
const publishers = new WeakMap<PublishingSide, Map<string, AnyPublisher>>();

function publisherOf(side: PublishingSide, channel: ChannelPlan): AnyPublisher {
  const known = publishers.get(side) ?? new Map<string, AnyPublisher>();
  publishers.set(side, known);
  const publisher = known.get(channel.id) ?? openPublisher(side, channel);
  known.set(channel.id, publisher);
  return publisher;
}

/** The compiler cannot see that a scenario's change fits the channel's kind. */
function openPublisher(side: PublishingSide, { family, parameter }: ChannelPlan): AnyPublisher {
  const isPublic = family === 'quote' || family === 'book' || family === 'tape';
  const params = isPublic ? { symbol: parameter } : { owner: parameter };
  const name = `${family}/{${isPublic ? 'symbol' : 'owner'}}`;
  return side.channel(name as 'quote/{symbol}', params as { symbol: string }) as unknown as AnyPublisher;
}

function apply(publisher: AnyPublisher, change: Change): Promise<Position> {
  if ('set' in change) return publisher.set(change.set);
  if ('append' in change) return publisher.append(...change.append);
  if ('clear' in change) return publisher.clear();
  return publisher.update({
    upsert: Object.values(change.upsert ?? {}),
    patch: change.patch ?? {},
    remove: change.remove ?? [],
  });
}

/** Reads what a channel holds. */
export function readFrom(
  side: PublishingSide,
  channel: ChannelPlan,
): Promise<{ readonly data: unknown; readonly position: Position }> {
  return publisherOf(side, channel).read();
}
