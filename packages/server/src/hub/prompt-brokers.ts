// Prompt brokers: those that have told this node of every change before anybody can hold a cursor of it. Told apart by
// their factories, because it is a promise of who made the broker and nothing that can be seen.
import type { BrokerFactory } from '../broker/broker.js';

const promptBrokers = new WeakSet<BrokerFactory>();

/** From now on hubs on this broker take a hot head for the broker's own. Only for one that publishes in this process. */
export function markAsPrompt(connect: BrokerFactory): void {
  promptBrokers.add(connect);
}

/** Whether a hot head of this broker is never behind it. */
export function isPrompt(connect: BrokerFactory): boolean {
  return promptBrokers.has(connect);
}
