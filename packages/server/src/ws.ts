// Door `@tickwire/server/ws`: the WebSocket adapter, for servers that accept their sockets themselves.
export { WebSocketAcceptor } from './adapters/ws.js';
export { type WebSocketFrame, webSocketFrameEncoder } from './adapters/websocket-frame.js';
export type { AcceptRequest, ServerSocket, SocketHandler } from './ports/server-socket.js';
