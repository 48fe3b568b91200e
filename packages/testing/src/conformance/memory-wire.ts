// Memory wire: peers of conformance scripts connected to a server's core in the same process, without HTTP.
import { SUBPROTOCOL_JSON } from '@tickwire/protocol';
import type { EncodedFrame, ServerSocket } from '@tickwire/server';
import type { AcceptingServer } from '../network/virtual-listener.js';
import type { ConformanceWire } from './server-script.js';

/** Connects to a server whose encoder is `textFrameEncoder`. */
export function createMemoryWire(server: AcceptingServer): ConformanceWire {
  return {
    origin: 'http://memory',
    features: [],
    open: (_request, events) => {
      let over = false;
      // Whatever is said arrives later, as on any network.
      const later = (run: () => void): void => {
        void Promise.resolve().then(run);
      };
      const end = (code: number, reason: string): void => {
        if (over) return;
        over = true;
        later(() => {
          events.onClose(code, reason);
          handler.onClose(code);
        });
      };
      const socket: ServerSocket = {
        bufferedBytes: 0,
        write: (frames: readonly EncodedFrame[]) => {
          if (over) return;
          const texts = frames.map(({ payload }) => payload as string);
          later(() => {
            for (const text of texts) events.onMessage(text);
          });
        },
        close: end,
        terminate: () => end(1006, ''),
      };
      const handler = server.accept(socket, { subprotocol: SUBPROTOCOL_JSON, url: '/tickwire' });
      later(() => events.onOpen(SUBPROTOCOL_JSON));
      return {
        send: (data) => {
          later(() => {
            if (!over) handler.onMessage(data);
          });
        },
        cut: () => {
          if (over) return;
          over = true;
          later(() => handler.onClose(1006));
        },
      };
    },
  };
}
