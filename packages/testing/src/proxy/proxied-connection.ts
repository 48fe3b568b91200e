// Proxied connection: a client's socket, the server's, a lane each way, and the faults that happen to them.
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Direction } from '../network/virtual-network.js';
import type { Fault } from './fault-rule.js';
import { Lane } from './lane.js';
import { MessageReader, type WireMessage } from './message-reader.js';
import { FrameObserver, type ObservedMessage } from './observed-message.js';

/** What a connection asks and tells. */
export interface ProxiedConnectionEvents {
  /** What happens to this message; `null` for nothing. */
  faultOf(message: ObservedMessage): Fault | null;
  /** Both ends are gone. Once. */
  onEnd(): void;
}

const CLOSE_OPCODE = 0x88;
const MASK = Buffer.from([0x5a, 0xa5, 0x3c, 0xc3]);
/** How long the ends may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 2_000;

/** One connection through the proxy. */
export class ProxiedConnection {
  readonly #id: number;
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #events: ProxiedConnectionEvents;
  readonly #observer = new FrameObserver();
  readonly #lanes: Readonly<Record<Direction, Lane>>;
  /** `cutting`: a reset follows. `dark`: nothing passes, not even an end. `closing`: each end was told to close. */
  #state: 'open' | 'cutting' | 'dark' | 'closing' | 'reset' = 'open';
  #ended = 0;

  constructor(id: number, near: Socket, far: Socket, events: ProxiedConnectionEvents) {
    this.#id = id;
    this.#near = near;
    this.#far = far;
    this.#events = events;
    this.#lanes = { toServer: new Lane(near, far), toClient: new Lane(far, near) };
    this.#carry('toServer', near, far);
    this.#carry('toClient', far, near);
  }

  /** Resets both ends at once; what waits is lost. */
  reset(): void {
    this.#state = 'reset';
    for (const lane of Object.values(this.#lanes)) lane.close();
    resetSocket(this.#near);
    resetSocket(this.#far);
  }

  #carry(direction: Direction, source: Socket, sink: Socket): void {
    const reader = new MessageReader();
    source.setNoDelay(true);
    source.on('data', (chunk: Buffer) => {
      if (this.#state !== 'open') return;
      for (const message of reader.read(chunk)) {
        this.#pass(direction, message);
        // A fault may have ended it: what came behind in the same chunk is lost with it.
        if (this.#isOver()) return;
      }
    });
    source.on('end', () => {
      if (this.#state === 'open') this.#lanes[direction].put(null, () => sink.end());
    });
    source.on('error', () => {
      // A reset or a refused connection: the other end sees the same. `close` follows.
      if (this.#state === 'open' || this.#state === 'cutting') this.reset();
    });
    source.on('close', () => {
      this.#ended++;
      // An end that died without a word was destroyed or reset.
      if (this.#state === 'open' && !source.readableEnded) this.reset();
      if (this.#ended === 2) this.#events.onEnd();
    });
  }

  #isOver(): boolean {
    return this.#state !== 'open';
  }

  #pass(direction: Direction, { kind, bytes, text }: WireMessage): void {
    const lane = this.#lanes[direction];
    const fault = this.#events.faultOf({
      direction,
      connection: this.#id,
      kind,
      frames: text === null ? [] : this.#observer.read(text),
      byteLength: bytes.length,
    });
    switch (fault?.do) {
      case undefined:
        break;
      case 'delay':
        lane.delay(fault.delayMs);
        break;
      case 'stall':
        lane.stall(fault.durationMs);
        break;
      case 'throttle':
        lane.throttle(fault.bytesPerSecond);
        break;
      case 'duplicate':
        lane.put(bytes);
        if (!fault.copyDelayMs) break;
        setTimeout(() => this.#state === 'open' && lane.put(bytes), fault.copyDelayMs).unref();
        return;
      case 'drop':
        return;
      case 'truncate':
        this.#truncate(lane, bytes.subarray(0, fault.afterBytes));
        return;
      case 'closeWithCode':
        this.#close(fault.code, fault.reason ?? '');
        return;
      case 'reset':
        this.reset();
        return;
      case 'blackhole':
        this.#state = 'dark';
        for (const each of Object.values(this.#lanes)) each.close();
        return;
    }
    lane.put(bytes);
  }

  #truncate(lane: Lane, bytes: Buffer): void {
    // Bytes that have left this process arrive before the reset does; nothing may come behind them.
    this.#state = 'cutting';
    lane.put(bytes.length === 0 ? null : bytes, () => this.reset());
  }

  #close(code: number, reason: string): void {
    this.#state = 'closing';
    for (const lane of Object.values(this.#lanes)) lane.close();
    this.#near.end(closeFrame(code, reason, false));
    this.#far.end(closeFrame(code, reason, true));
    const timer = setTimeout(() => this.reset(), CLOSE_TIMEOUT_MS);
    timer.unref();
    this.#near.once('close', () => this.#far.destroyed && clearTimeout(timer));
    this.#far.once('close', () => this.#near.destroyed && clearTimeout(timer));
  }
}

/** Resets a connection that was accepted. Node 20 hangs for ever at the reset of a socket that is being closed. */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.writableEnded || socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}

/** A close frame; what goes to a server is masked (RFC 6455 §5.1). */
function closeFrame(code: number, reason: string, isMasked: boolean): Buffer {
  const text = Buffer.from(reason, 'utf8');
  const payload = Buffer.alloc(2 + text.length);
  payload.writeUInt16BE(code);
  text.copy(payload, 2);
  if (!isMasked) return Buffer.concat([Buffer.from([CLOSE_OPCODE, payload.length]), payload]);
  for (let at = 0; at < payload.length; at++) payload[at] = (payload[at] ?? 0) ^ (MASK[at & 3] ?? 0);
  return Buffer.concat([Buffer.from([CLOSE_OPCODE, 0x80 | payload.length]), MASK, payload]);
}
