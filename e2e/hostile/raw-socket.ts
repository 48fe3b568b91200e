// Raw socket: a TCP connection that may say anything and writes down all it hears. Polite unless told otherwise: it
// answers a close frame and the pings of the protocol.
import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { Patience } from './patience.js';
import {
  closeFrame,
  Opcode,
  takeFrame,
  textFrame,
  upgradeRequest,
  type ReceivedFrame,
  type UpgradeShape,
} from './websocket-bytes.js';

/** A frame of the protocol as it was heard: nothing is known of it but that it is an object. */
export type HeardFrame = Readonly<Record<string, unknown>>;

/** The answer to an upgrade. */
export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** Complete when the answer is not 101 and the connection has ended. */
  readonly text: string;
}

/** How a connection ended. */
export interface Ending {
  /** Of the close frame; `null` where the connection ended without one, 1005 where it had no code. */
  readonly code: number | null;
  readonly reason: string;
  /** How many close frames came. */
  readonly closeFrames: number;
}

/** A connection to a server under attack. */
export class RawSocket {
  /** Frames of the protocol, in order. */
  readonly heard: HeardFrame[] = [];
  /** WebSocket pongs of the server. */
  pongs = 0;
  /** Everything that was received, as one text a check can search. */
  transcript = '';
  /** Whether a close frame is answered. */
  answersClose = true;
  /** Whether a `ping` of the protocol is answered. */
  answersPings = true;
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #answer: HttpAnswer | null = null;
  #message: Buffer[] = [];
  #code: number | null = null;
  #reason = '';
  #closeFrames = 0;
  #ended = false;
  readonly #patience = new Patience();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#read(chunk);
      this.#patience.wake();
    });
    // A reset is an end like any other: what a test wants to know is whether a close frame came before it.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#ended = true;
      this.#patience.wake();
    });
  }

  /** Connects, and says nothing. */
  static open(port: number): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawSocket(socket));
      });
    });
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Writes bytes. Whether the peer still takes them is not this method's matter. */
  send(...chunks: readonly (Uint8Array | string)[]): void {
    if (!this.#socket.destroyed) this.#socket.write(Buffer.concat(chunks.map((chunk) => Buffer.from(chunk))));
  }

  /** Sends frames of the protocol, each in a message of its own, as one write. */
  say(...frames: readonly object[]): void {
    this.send(...frames.map((each) => textFrame(JSON.stringify(each))));
  }

  /** Sends text messages that need not be JSON, as one write. */
  sayText(...messages: readonly string[]): void {
    this.send(...messages.map(textFrame));
  }

  /** Sends an upgrade request and waits for its answer; frames may ride behind it. */
  async upgrade(shape: UpgradeShape = {}, ...behind: readonly Uint8Array[]): Promise<HttpAnswer> {
    this.send(upgradeRequest(shape), ...behind);
    return this.answer();
  }

  /** The answer to whatever was asked in HTTP. */
  async answer(): Promise<HttpAnswer> {
    await this.#until(
      () => this.#answer !== null && (this.#answer.status === 101 || this.#ended),
      'an HTTP answer',
    );
    return this.#answer!;
  }

  /**
   * The first frame that fits and was not given out before. Frames that do not fit stay for others.
   * @throws Error when the connection ends without one.
   */
  async hear(what: string, fits: (frame: HeardFrame) => boolean): Promise<HeardFrame> {
    let at = -1;
    await this.#until(() => (at = this.heard.findIndex(fits)) !== -1, what);
    return this.heard.splice(at, 1)[0]!;
  }

  /** The first frame of this type, with this id where one is given. */
  hearType(type: string, id?: number): Promise<HeardFrame> {
    return this.hear(id === undefined ? type : `${type} ${id}`, (frame) => {
      return frame['t'] === type && (id === undefined || frame['id'] === id);
    });
  }

  /** Proves that the connection lives and that everything sent before was read: a `ping` and its `pong`. */
  async roundTrip(k = 4_000_000_000): Promise<void> {
    this.say({ t: 'ping', k });
    await this.hear(`pong ${k}`, (frame) => frame['t'] === 'pong' && frame['k'] === k);
  }

  /** Waits until the server has ended the connection. */
  async ending(): Promise<Ending> {
    await this.#until(() => this.#ended, 'the end of the connection');
    return { code: this.#code, reason: this.#reason, closeFrames: this.#closeFrames };
  }

  /** Waits for a close frame, whether or not the connection has ended. */
  async closeCode(): Promise<number> {
    await this.#until(() => this.#closeFrames > 0, 'a close frame');
    return this.#code!;
  }

  /** Waits for so many WebSocket pongs. */
  async pongsHeard(count: number): Promise<void> {
    await this.#until(() => this.pongs >= count, `${count} pongs`);
  }

  /** Stops reading, so that the server's writes pile up. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  readOn(): void {
    this.#socket.resume();
  }

  /** Ends our side of the stream; the other side may go on. */
  finish(): void {
    this.#socket.end();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    if (this.#answer === null || this.#answer.status !== 101) this.#readHttp();
    if (this.#answer?.status !== 101) return;
    for (let taken = takeFrame(this.#bytes); taken !== null; taken = takeFrame(this.#bytes)) {
      this.#bytes = taken.rest;
      this.#readFrame(taken.frame);
    }
  }

  #readHttp(): void {
    const text = this.#bytes.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end === -1) return;
    const [first = '', ...lines] = text.slice(0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1]);
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    if (status === 101) {
      this.transcript += text.slice(0, end);
      this.#bytes = this.#bytes.subarray(end + 4);
      this.#answer = { status, headers, text: text.slice(0, end) };
    } else {
      this.transcript = text;
      this.#answer = { status, headers, text };
    }
  }

  #readFrame({ fin, opcode, payload }: ReceivedFrame): void {
    switch (opcode) {
      case Opcode.close:
        this.#closeFrames++;
        this.#code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
        this.#reason = payload.subarray(2).toString('utf8');
        this.transcript += `\nclose ${this.#code} ${this.#reason}`;
        if (this.answersClose) {
          this.send(this.#code === 1005 ? closeFrame(1000) : closeFrame(this.#code));
          this.#socket.end();
        }
        return;
      case Opcode.ping:
        return;
      case Opcode.pong:
        this.pongs++;
        return;
      default:
        this.#message.push(payload);
        if (!fin) return;
        for (const line of Buffer.concat(this.#message.splice(0)).toString('utf8').split('\n'))
          this.#readLine(line);
    }
  }

  #readLine(line: string): void {
    const frame = JSON.parse(line) as HeardFrame;
    this.transcript += `\n${JSON.stringify(withoutNames(frame))}`;
    if (frame['t'] === 'ping') {
      if (this.answersPings) this.say({ t: 'pong', k: frame['k'] });
      return;
    }
    this.heard.push(frame);
  }

  #until(holds: () => boolean, what: string): Promise<void> {
    const said = (): string => {
      const close = this.#closeFrames === 0 ? 'no close frame' : `close ${this.#code} "${this.#reason}"`;
      return `${close}, ${this.heard.length} frames: ${JSON.stringify(this.heard.slice(0, 5)).slice(0, 600)}`;
    };
    return this.#patience.until(
      holds,
      () => `${what} did not come; ${said()}`,
      () => (this.#ended ? `the connection ended before ${what} came; ${said()}` : undefined),
    );
  }
}

/** A frame without the channel ids that the protocol repeats by design (P-SUB-3, P-SUB-12). */
function withoutNames(frame: HeardFrame): HeardFrame {
  if (frame['t'] === 'unsubd') return { ...frame, ch: [] };
  if (frame['t'] !== 'subd' || !Array.isArray(frame['r'])) return frame;
  return { ...frame, r: (frame['r'] as HeardFrame[]).map((entry) => ({ ...entry, c: '' })) };
}
