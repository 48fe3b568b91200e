// Door `@tickwire/testing/msw`: Tickwire's server as handlers of Mock Service Worker, for Node, jsdom and browsers.
export { createMswServer, type MswServer, type MswServerOptions } from './msw/msw-server.js';
export type { PushArguments, PushedValues, Pushes } from './script/push.js';
export type { ScriptedAnswer, ScriptedPrincipal, ServerScript } from './script/server-script.js';
