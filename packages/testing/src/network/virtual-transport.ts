// Virtual transport: fits the virtual network to the client's Transport port.
import type { Transport } from '@tickwire/client';
import type { VirtualMachine } from '../clock/virtual-clock.js';
import type { VirtualNetwork, VirtualSocket } from './virtual-network.js';

/** Options of {@link createVirtualTransport}. */
export interface VirtualTransportOptions {
  readonly network: VirtualNetwork;
  /** The client's computer. */
  readonly machine: VirtualMachine;
  /**
   * Which listener of the network answers a URL.
   * @defaultValue the URL itself
   */
  readonly addressOf?: (url: string) => string;
}

/** A {@link VirtualTransport}'s own view of what it opened. */
export interface VirtualTransport extends Transport {
  /** Pipes that were opened and neither closed by the client nor reported as closed to it. */
  readonly openSockets: number;
}

/** Opens the client's pipes over a virtual network. Subprotocols are not negotiated: JSON is spoken. */
export function createVirtualTransport(options: VirtualTransportOptions): VirtualTransport {
  const { network, machine, addressOf = (url: string) => url } = options;
  let openSockets = 0;
  return {
    get openSockets() {
      return openSockets;
    },
    open(request, events) {
      openSockets++;
      let reports = true;
      const end = (): boolean => {
        if (!reports) return false;
        reports = false;
        openSockets--;
        return true;
      };
      const socket: VirtualSocket = network.connect(addressOf(request.url), machine, {
        onOpen: () => {
          if (reports) events.onOpen();
        },
        onMessage: (data) => {
          if (reports) events.onMessage(data);
        },
        onClose: (code, reason) => {
          if (end()) events.onClose(code, reason);
        },
      });
      return {
        send: (text) => {
          if (reports) socket.write([{ data: text, byteLength: text.length }]);
        },
        close: (code, reason) => {
          if (end()) socket.close(code, reason);
        },
      };
    },
  };
}
