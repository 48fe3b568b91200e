// Door `@tickwire/testing`: time, chance and networks that a test owns.
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
