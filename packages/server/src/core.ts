// Door `@tickwire/server/core`: the server and its memory broker without Node, for test doubles, pages and other
// platforms. Whatever the platform has (time, chance, sockets) is handed in.
export {
  type BareServerSettings,
  createBareMemoryBroker,
  createBareServer,
  type PlatformSettings,
} from './bare-server.js';
export { answerWith } from './command/fail.js';
export type { RulesOf, ServerCore } from './server.js';
