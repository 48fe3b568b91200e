// Mocked WebSocket: the global class that msw puts in the place of the platform's, found when a connection is opened.
import type { WebSocketClass, WebSocketLike } from '@tickwire/client';

interface Globals {
  WebSocket?: WebSocketClass | undefined;
}

/** Opens whatever class is global at that moment: before msw listens the platform's, then msw's. */
export const MockedWebSocket = function (url: string, protocols: string[]): WebSocketLike {
  const { WebSocket } = globalThis as Globals;
  if (WebSocket === undefined) throw new TypeError('There is no WebSocket to be mocked.');
  return new WebSocket(url, protocols);
} as unknown as WebSocketClass;

/** Stands where a platform has no WebSocket: nobody has put anything in its place. */
const Placeholder = function (url: string): never {
  throw new TypeError(
    `Nobody mocks ${url}: start msw before the client connects, and check the url of its handlers.`,
  );
} as unknown as WebSocketClass;

/**
 * Node 20 has no global WebSocket, and where there is none msw puts nothing in its place, without a word. Puts a class
 * there that opens nothing.
 * @returns takes it away again.
 */
export function provideWebSocket(): () => void {
  const globals = globalThis as Globals;
  if (globals.WebSocket !== undefined) return () => undefined;
  globals.WebSocket = Placeholder;
  return () => {
    // While msw listens the class is msw's own, and it will put this one back.
    if (globals.WebSocket === Placeholder) delete globals.WebSocket;
  };
}
