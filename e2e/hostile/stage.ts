// Stage: what one case plays on: sockets to the server under attack, each with a name of its own, and a canary to hide
// in what it sends.
import { RawSocket, type HeardFrame, type HttpAnswer } from './raw-socket.js';
import type { ProfileName } from './messages.js';
import type { ServerProcess } from './server-process.js';
import type { UpgradeShape } from './websocket-bytes.js';

let people = 0;

/** Who says `hello`, and what else is in it. */
export interface SessionShape {
  /** @defaultValue somebody new, because rates follow the principal */
  readonly userId?: string;
  readonly hello?: object;
}

/** A connection that was welcomed. */
export interface Session {
  readonly socket: RawSocket;
  readonly userId: string;
  readonly welcome: HeardFrame;
}

/** What one case plays on. */
export class Stage {
  readonly server: ServerProcess;
  readonly profile: ProfileName;
  /** Put it into whatever is sent: no error, log line, close reason or HTTP answer may repeat it. */
  readonly canary = `canary${Math.random().toString(36).slice(2)}`;
  readonly #sockets: RawSocket[] = [];

  constructor(server: ServerProcess, profile: ProfileName) {
    this.server = server;
    this.profile = profile;
  }

  /** Somebody nobody has seen before. */
  newUser(): string {
    return `u${++people}`;
  }

  port(): Promise<number> {
    return this.server.port(this.profile);
  }

  /** A TCP connection that has said nothing. */
  async connect(): Promise<RawSocket> {
    const socket = await RawSocket.open(await this.port());
    this.#sockets.push(socket);
    return socket;
  }

  /** The answer to one upgrade. */
  async upgrade(shape: UpgradeShape): Promise<HttpAnswer> {
    return (await this.connect()).upgrade(shape);
  }

  /** A WebSocket that has not said `hello`. */
  async open(shape: UpgradeShape = {}): Promise<RawSocket> {
    const socket = await this.connect();
    const { status, text } = await socket.upgrade(shape);
    if (status !== 101) throw new Error(`the upgrade was answered with ${text}`);
    return socket;
  }

  /** A connection that was welcomed. */
  async session({ userId = this.newUser(), hello = {} }: SessionShape = {}): Promise<Session> {
    const socket = await this.open();
    socket.say({ t: 'hello', v: 1, caps: ['delta'], auth: { token: `user:${userId}` }, ...hello });
    const welcome = await socket.hearType('welcome');
    return { socket, userId, welcome };
  }

  /** Everything that was received by every socket of this case, channel ids left out where they answer a question. */
  transcript(): string {
    return this.#sockets.map(({ transcript }) => transcript).join('\n');
  }

  /** Ends what is left. */
  clear(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
