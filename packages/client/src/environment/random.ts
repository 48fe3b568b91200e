// System random: the platform's dice. A client needs chance for delays only, so nothing here is for secrets.
import type { Random } from '@tickwire/protocol';

/** The platform's dice. */
export const systemRandom: Pick<Random, 'float'> = { float: () => Math.random() };
