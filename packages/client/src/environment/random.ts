// System random: the platform's dice as the client's port.
import type { Random } from '@tickwire/protocol';

/** The platform's dice. A client needs chance for delays only, so nothing here is for secrets. */
export const systemRandom: Random = Object.freeze({
  float: () => Math.random(),
  id: () => Array.from({ length: 22 }, () => Math.floor(Math.random() * 36).toString(36)).join(''),
});
