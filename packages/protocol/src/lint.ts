// Door `@tickwire/protocol/lint`: whether a contract can be kept. For servers, builds and the command line.
export { assertContract, lintContract } from './lint/lint-contract.js';
export type { ContractProblem, ContractProblemCode } from './lint/problem.js';
export { type CheckDef, checksOf, defOf, patternOf, type SchemaDef } from './contract/schema-def.js';
export { judgeRegex, type RegexCost } from './lint/regex-cost.js';
