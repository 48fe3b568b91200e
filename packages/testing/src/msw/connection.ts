// Msw connection: fits one mocked connection to the server's socket port.
import type { ServerCore } from '@tickwire/server/core';
import type { EncodedFrame, ServerSocket, SocketHandler } from '@tickwire/server';
import type { WebSocketHandlerConnection } from 'msw';

type MswClient = WebSocketHandlerConnection['client'];

const ABNORMAL = 1006;

/** One mocked connection. */
export interface MswConnection {
  /** Ends it without a word, as a lost network does. */
  cut(): void;
}

/**
 * Lets a server serve a mocked connection until `onEnd`. It is accepted with its first message: before, it is not open,
 * and what is sent and closed then never arrives.
 */
export function serve(
  client: MswClient,
  server: () => Pick<ServerCore<never>, 'accept'>,
  onEnd: () => void,
): MswConnection {
  let handler: SocketHandler | undefined;
  let isOver = false;
  const end = (code: number): void => {
    if (isOver) return;
    isOver = true;
    onEnd();
    handler?.onClose(code);
  };
  const close = (code: number, reason: string): void => {
    // A message is on its way for a microtask, in which a close would overtake it.
    queueMicrotask(() => client.close(code, reason));
  };
  const socket: ServerSocket = {
    bufferedBytes: 0,
    write: (frames: readonly EncodedFrame[]) => {
      for (const { payload } of frames) client.send(payload as string);
    },
    close,
    terminate: () => close(ABNORMAL, ''),
  };
  client.addEventListener('message', ({ data }) => {
    if (isOver) return;
    handler ??= server().accept(socket, { url: client.url.pathname + client.url.search });
    if (typeof data === 'string') handler.onMessage(data);
    // Bytes of any kind are a fault (P-FRAME-2), so what they are does not matter.
    else handler.onMessage(new Uint8Array());
  });
  client.addEventListener('close', ({ code }) => end(code));
  return {
    cut: () => {
      client.close(ABNORMAL, '');
      end(ABNORMAL);
    },
  };
}
