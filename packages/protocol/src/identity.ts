// Door `@tickwire/protocol/identity`: what two ends compare to know whether they mean the same contract.
export { canonicalJson, type JsonValue } from './identity/canonical-json.js';
export {
  type ChannelDescription,
  type CommandDescription,
  type ContractDescription,
  contractIdentity,
  type ContractIdentity,
  describeContract,
} from './identity/contract-identity.js';
export { describeSchema, DESCRIPTION_REVISION, type SchemaDescription } from './identity/describe-schema.js';
