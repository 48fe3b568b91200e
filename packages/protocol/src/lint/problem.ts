// Problem: what the linter found, and what can be done about it.

/** Stable codes of the linter's findings. */
export type ContractProblemCode =
  | 'unbounded_string'
  | 'unbounded_array'
  | 'unbounded_record'
  | 'unbounded_object'
  | 'unbounded_depth'
  | 'union_in_array'
  | 'nested_unions'
  | 'unsafe_regex'
  | 'untyped_input'
  | 'not_json'
  | 'one_way'
  | 'coerce'
  | 'catch'
  | 'optional_value'
  | 'collection_key'
  | 'time_field';

/** One finding: a sentence with its place and its remedy. */
export interface ContractProblem {
  readonly code: ContractProblemCode;
  /** Where: `commands.placeOrder.input.lines[].note`, `channels["price/{symbol}"].bid`. */
  readonly path: string;
  /** The whole sentence, path included. */
  readonly message: string;
}
