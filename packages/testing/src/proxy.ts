// Door `@tickwire/testing/proxy`: faults between real sockets. Node only, which is why it is a door of its own.
export { createFaultProxy, type FaultProxy, type FaultProxyOptions } from './proxy/fault-proxy.js';
export type { Fault, FaultMatch, FaultName, FaultRule } from './proxy/fault-rule.js';
export type { FrameType, MessageKind, ObservedFrame, ObservedMessage } from './proxy/observed-message.js';
export type { FaultProxyStats } from './proxy/proxy-stats.js';
export type { Direction } from './network/virtual-network.js';
