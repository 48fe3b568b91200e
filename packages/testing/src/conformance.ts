// Door `@tickwire/testing/conformance`: plays the protocol's vectors against a server, this repository's or another's.
export {
  type ConformanceOptions,
  runConformance,
  UnreachableServer,
  type VectorResult,
} from './conformance/run.js';
export type {
  ConformanceWire,
  ScriptContext,
  ScriptFailure,
  ServerStep,
  ServerVector,
  WireConnection,
  WireEvents,
  WireRequest,
} from './conformance/server-script.js';
export { serverVectorsOf, type VectorFile, type VectorRow } from './conformance/vectors.js';
export type { VectorText } from './conformance/vector-text.js';
export { conformanceContract } from './conformance/contract.js';
export { createConformanceServer } from './conformance/conformance-server.js';
