// Contract linter: whether a contract can be kept by both ends, in any language, against a hostile client. Runs where
// servers start and in builds; never in a browser.
import type { AnyContract } from '../contract/contract.js';
import type { ChannelDefinition } from '../contract/definition.js';
import type { ContractProblem } from './problem.js';
import { fieldPath, fieldSchemas, holdsOnly, lintSchema } from './schema-rules.js';

/** Everything that is wrong with a contract's schemas; empty if nothing is. Order is that of the contract. */
export function lintContract(contract: AnyContract): readonly ContractProblem[] {
  const problems: ContractProblem[] = [];
  for (const [name, definition] of Object.entries(contract.channels)) {
    const path = `channels[${JSON.stringify(name)}]`;
    problems.push(...lintSchema(definition.schema, 'data', path), ...lintFields(definition, path));
  }
  for (const [name, definition] of Object.entries(contract.commands)) {
    const path = `commands${fieldPath(name)}`;
    problems.push(...lintSchema(definition.input, 'input', `${path}.input`));
    problems.push(...lintSchema(definition.output, 'data', `${path}.output`));
    for (const [error, schema] of Object.entries(definition.errors)) {
      problems.push(...lintSchema(schema, 'data', `${path}.errors${fieldPath(error)}`));
    }
  }
  return problems;
}

/**
 * Refuses a contract that {@link lintContract} finds fault with.
 * @throws TypeError with all sentences, one a line.
 */
export function assertContract(contract: AnyContract): void {
  const problems = lintContract(contract);
  if (problems.length === 0) return;
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  const lines = problems.map(({ code, message }) => `  ${message} (${code})`);
  throw new TypeError([`Contract "${contract.name}" ${contract.version} has ${count}:`, ...lines].join('\n'));
}

function* lintFields(definition: ChannelDefinition, path: string): Generator<ContractProblem> {
  if (definition.kind === 'collection') {
    const fields = fieldSchemas(definition.schema, definition.key);
    if (fields === undefined || !fields.every((field) => holdsOnly(field, ['string']))) {
      yield {
        code: 'collection_key',
        path,
        message: `${path} has the key "${definition.key}", which must be a required field of the record and a string; name such a field.`,
      };
    }
  }
  if (definition.timeField !== undefined) {
    const fields = fieldSchemas(definition.schema, definition.timeField);
    if (fields === undefined || !fields.every((field) => holdsOnly(field, ['string', 'number']))) {
      yield {
        code: 'time_field',
        path,
        message: `${path} has the timeField "${definition.timeField}", which must be a required field with a number of milliseconds or an ISO 8601 string; name such a field.`,
      };
    }
  }
}
