// Node random: the process's randomness. Identifiers come from the operating system and cannot be guessed.
import { randomBytes } from 'node:crypto';
import type { Random } from '@tickwire/protocol';

/** Bytes of an identifier: 128 bits, 22 characters of base64url. */
const ID_BYTES = 16;

/** Randomness of this process. */
export const nodeRandom: Random = Object.freeze({
  float: () => Math.random(),
  id: () => randomBytes(ID_BYTES).toString('base64url'),
} satisfies Random);
