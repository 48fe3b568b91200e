// Rules: who may read what in a run. They change while it lasts; every answer goes into the history.
import type { ChannelPlan } from './contract.js';
import { PRIVATE_FAMILIES } from './contract.js';
import type { History } from './history.js';

/** What `authenticate` makes of a token: one principal a session, so that the history can tell sessions apart. */
export interface SimulatedPrincipal {
  readonly id: string;
  /** Who it is, on which connection. */
  readonly session: string;
}

/** The principal a token stands for on a connection. */
export function principalOf(token: string, connection: string | number): SimulatedPrincipal {
  const id = token.slice(0, token.indexOf('#'));
  return { id, session: `${id} on ${connection}` };
}

function sessionOf(token: string | undefined, connection: string): string {
  return principalOf(tokenOf(token), connection).session;
}

function tokenOf(token: string | undefined): string {
  if (token === undefined) throw new Error('A simulated client always has a token.');
  return token;
}

/** The authority of one run, shared by its servers. */
export class Rules {
  readonly #history: History;
  readonly #remembers: boolean;
  readonly #changed = new Map<string, boolean>();
  /** How often the server has asked, by session and channel. */
  readonly #answers = new Map<string, number>();
  readonly #letIn = new Set<string>();
  readonly #sessions: SimulatedPrincipal[] = [];

  /** @param remembers a fault for tests: who was let in once is not asked about again. */
  constructor(history: History, remembers = false) {
    this.#history = history;
    this.#remembers = remembers;
  }

  /** Somebody is going to be told who has sent a token, or that nobody knows. */
  authenticating(token: string | undefined, connection: string): void {
    this.#history.add({ type: 'authenticating', session: sessionOf(token, connection) });
  }

  notAuthenticated(token: string | undefined, connection: string): void {
    this.#history.add({ type: 'notAuthenticated', session: sessionOf(token, connection) });
  }

  /** Who has sent a token on a connection: `ann#client-0#3` is Ann. */
  authenticate(token: string | undefined, connection: string, endsInMs: number | null): SimulatedPrincipal {
    const principal = principalOf(tokenOf(token), connection);
    const { session } = principal;
    if (!this.#sessions.some((known) => known.session === session)) this.#sessions.push(principal);
    if (endsInMs !== null) this.#history.add({ type: 'authenticated', session, endsInMs });
    return principal;
  }

  /** Whether a principal may read a channel at this moment. */
  allows(principal: string, channel: ChannelPlan): boolean {
    const changed = this.#changed.get(`${principal} ${channel.id}`);
    if (changed !== undefined) return changed;
    return (
      !(PRIVATE_FAMILIES as readonly string[]).includes(channel.family) || channel.parameter === principal
    );
  }

  /** The server asks. */
  authorize(principal: SimulatedPrincipal, channel: ChannelPlan): boolean {
    const known = `${principal.id} ${channel.id}`;
    if (this.#remembers && this.#letIn.has(known)) return true;
    const allowed = this.allows(principal.id, channel);
    if (allowed) this.#letIn.add(known);
    this.#history.add({ type: 'authorized', session: principal.session, channel: channel.id, allowed });
    const key = `${principal.session} ${channel.id}`;
    this.#answers.set(key, (this.#answers.get(key) ?? 0) + 1);
    return allowed;
  }

  change(principal: string, channel: string, allowed: boolean): void {
    this.#changed.set(`${principal} ${channel}`, allowed);
  }

  /**
   * Takes a channel from a principal.
   * @returns to be called once every server has confirmed: from then on no session that has not been authorised anew
   * may see more of the channel.
   */
  revoke(principal: string, channel: string): () => void {
    this.change(principal, channel, false);
    const before = this.#sessions
      .filter(({ id }) => id === principal)
      .map(({ session }) => ({ session, answers: this.#answers.get(`${session} ${channel}`) }));
    return () => {
      for (const { session, answers } of before) {
        const asked = this.#answers.get(`${session} ${channel}`);
        if (asked === answers) this.#history.add({ type: 'revoked', session, channel });
      }
    };
  }
}
