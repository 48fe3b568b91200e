// Mutant: the product without one of its rules, to prove that the simulation would notice. A patch of the source that is
// applied while it is bundled, so that what is shipped knows nothing of it.

/** One rule, taken out. */
export interface Mutant {
  /** In kebab-case, unique. */
  readonly name: string;
  /** The rule that is missing, by its number in PROTOCOL.md or in words. */
  readonly rule: string;
  /** Below `packages/`. */
  readonly file: string;
  /** Text that is in the file exactly once: one line, and no more of it than it takes. */
  readonly find: string;
  readonly replace: string;
}
