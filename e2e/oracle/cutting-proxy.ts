// Cutting proxy: a TCP link that can be torn, also in the middle of a WebSocket frame, and stays down for a while.
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** How long a torn link may wait for a chunk that it can tear in two. */
const MAX_WAIT_FOR_CHUNK_MS = 50;

/** Node 20 hangs for ever at the reset of a socket that is already being closed. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

export class CuttingProxy {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #links = new Set<{ readonly near: Socket; readonly far: Socket }>();
  #down = false;
  /** Set while a cut waits for the next chunk from the server, to let only half of it through. */
  #tear: (() => void) | null = null;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((near) => this.#accept(near));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Tears every link, `midFrame` after half of the next chunk, and refuses new ones for `downMs`. */
  async cut(midFrame: boolean, downMs: number): Promise<void> {
    if (midFrame) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, MAX_WAIT_FOR_CHUNK_MS);
        this.#tear = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#tear = null;
    }
    this.#down = true;
    this.#reset();
    await new Promise<void>((resolve) => setTimeout(resolve, downMs));
    this.#down = false;
  }

  async close(): Promise<void> {
    this.#reset();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #reset(): void {
    for (const { near, far } of this.#links) {
      reset(near);
      reset(far);
    }
    this.#links.clear();
  }

  #accept(near: Socket): void {
    near.on('error', () => undefined);
    if (this.#down) {
      reset(near);
      return;
    }
    const far = connect(this.#targetPort, '127.0.0.1');
    far.on('error', () => undefined);
    const link = { near, far };
    this.#links.add(link);
    near.on('data', (chunk: Buffer) => far.write(chunk));
    far.on('data', (chunk: Buffer) => {
      if (this.#tear !== null && chunk.length > 1) {
        near.write(chunk.subarray(0, chunk.length >> 1));
        this.#tear();
      } else if (!this.#down) {
        near.write(chunk);
      }
    });
    const end = () => {
      this.#links.delete(link);
      near.destroy();
      far.destroy();
    };
    near.on('close', end);
    far.on('close', end);
  }
}
