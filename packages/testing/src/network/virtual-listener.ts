// Virtual listener: fits the virtual network to the server's socket port.
import { SUBPROTOCOL_JSON } from '@tickwire/protocol';
import type {
  AcceptRequest,
  EncodedFrame,
  FrameEncoder,
  ServerSocket,
  SocketHandler,
} from '@tickwire/server';
import type { VirtualMachine } from '../clock/virtual-clock.js';
import type { VirtualNetwork } from './virtual-network.js';
import type { VirtualMessage } from './virtual-pipe.js';

/** What a server needs to have to be reached over a virtual network. */
export interface AcceptingServer {
  /** Takes over a connection, as `createServer(…).accept` does. */
  accept(socket: ServerSocket, request: AcceptRequest): SocketHandler;
}

/** Options of {@link listenVirtually}. */
export interface VirtualListenOptions {
  readonly network: VirtualNetwork;
  /** The server's computer. */
  readonly machine: VirtualMachine;
  /** What the server listens at. */
  readonly address: string;
  readonly server: AcceptingServer;
}

/** Makes the frames that {@link listenVirtually} writes: give it to the server as its encoder. */
export const virtualFrameEncoder: FrameEncoder = (text, kind) => ({
  byteLength: text.length,
  kind,
  payload: { data: text, byteLength: text.length } satisfies VirtualMessage,
});

/** Header of the request in which `authenticate` finds the number of the connection on its network. */
export const CONNECTION_HEADER = 'x-virtual-connection';

/**
 * Lets a server accept what a virtual network brings to an address.
 * @returns stops accepting; connections that exist live on.
 */
export function listenVirtually({ network, machine, address, server }: VirtualListenOptions): () => void {
  return network.listen(address, {
    machine,
    accept: (socket, { id }) => {
      const handler = server.accept(
        {
          write: (frames: readonly EncodedFrame[]) =>
            socket.write(frames.map((frame) => frame.payload as VirtualMessage)),
          get bufferedBytes() {
            return socket.bufferedBytes;
          },
          close: (code, reason) => socket.close(code, reason),
          terminate: () => socket.terminate(),
        },
        { subprotocol: SUBPROTOCOL_JSON, url: '/tickwire', headers: { [CONNECTION_HEADER]: String(id) } },
      );
      return {
        onMessage: (data) => handler.onMessage(data),
        onDrain: () => handler.onDrain(),
        onClose: (code) => handler.onClose(code),
      };
    },
  });
}
