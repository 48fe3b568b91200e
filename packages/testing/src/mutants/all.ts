// All mutants.
import { clientMutants } from './client.js';
import type { Mutant } from './mutant.js';
import { protocolMutants } from './protocol.js';
import { serverMutants } from './server.js';

/** Every mutant that the simulation has to catch. */
export const MUTANTS: readonly Mutant[] = [...protocolMutants, ...clientMutants, ...serverMutants];
