// Door `@tickwire/testing`: doubles for an application's tests; time, chance and networks that a test owns; and the
// simulation that is built of them.
export { createTestClient, type TestClient, type TestClientOptions } from './test-client/test-client.js';
export {
  createTestServer,
  type TestPeerSettings,
  type TestServer,
  type TestServerSettings,
} from './test-server/test-server.js';
export { createFakeData, type FakeData, type FakeDataOptions } from './fake-data/fake-data.js';
export type { MakeValue } from './fake-data/schema-maker.js';
export type { ConformanceCase, SuiteRunner } from './conformance-suites/conformance-case.js';
export {
  type BrokerAbility,
  brokerCases,
  type BrokerSuiteOptions,
  type BrokerUnderTest,
  testBroker,
} from './conformance-suites/broker-suite.js';
export {
  testTransport,
  type TransportAbility,
  transportCases,
  type TransportPeer,
  type TransportSuiteOptions,
  type TransportUnderTest,
} from './conformance-suites/transport-suite.js';
export { codecCases, testCodec } from './conformance-suites/codec-suite.js';
export type { Act } from './test-server/instants.js';
export type { Holdings, TestClientSettings, TestPeer } from './test-server/test-peer.js';
export type { TestTime, TestWorldOptions } from './test-server/test-world.js';
export type { PushArguments, PushedValues, Pushes } from './script/push.js';
export type { ScriptedAnswer, ScriptedPrincipal, ServerScript } from './script/server-script.js';
export { VirtualClock, type VirtualClockOptions, type VirtualMachine } from './clock/virtual-clock.js';
export { SeededRandom } from './random/seeded-random.js';
export {
  DEFAULT_PIPE_CONDITIONS,
  type PipeConditions,
  type VirtualMessage,
  type VirtualPipe,
} from './network/virtual-pipe.js';
export {
  type Direction,
  type TappedMessage,
  type Verdict,
  type VirtualConnection,
  type VirtualListener,
  VirtualNetwork,
  type VirtualNetworkOptions,
  type VirtualSocket,
  type VirtualSocketEvents,
} from './network/virtual-network.js';
export {
  createVirtualTransport,
  type VirtualTransport,
  type VirtualTransportOptions,
} from './network/virtual-transport.js';
export {
  type AcceptingServer,
  listenVirtually,
  virtualFrameEncoder,
  type VirtualListenOptions,
} from './network/virtual-listener.js';
export { createVirtualEnvironment, type VirtualEnvironment } from './environment/virtual-environment.js';
export { runScenario, runSeed, type RunResult, type RunSummary } from './simulation/run.js';
export type { HookName } from './simulation/hook-faults.js';
export { drawScenario, FAULT_NAMES } from './simulation/draw-scenario.js';
export type { ChannelPlan, HistoryLimits } from './simulation/contract.js';
export type { Sabotage } from './simulation/world.js';
export type { WireFrame, WireSabotage } from './simulation/wire-tap.js';
export type { BrokerSabotage } from './simulation/simulated-broker.js';
export type { Action, ClientPlan, FaultName, Scenario, Step } from './simulation/scenario.js';
export { shrinkScenario } from './simulation/shrink.js';
export { type RecoveryCounts, ReportBuilder, type SimulationReport } from './simulation/report.js';
export { checkHistory } from './simulation/checker.js';
export { type Rule, RULES, type Violation } from './simulation/check/violation.js';
export type { Change, HistoryEvent, SeenStatus, WrittenChange } from './simulation/history.js';
