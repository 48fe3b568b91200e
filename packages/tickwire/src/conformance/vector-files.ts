// Vector files: where the vectors lie, which is inside @tickwire/protocol.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { VectorFile } from '@tickwire/testing/conformance';

/** All files of vectors of wire version 1, by name. */
export function readVectorFiles(): readonly VectorFile[] {
  const manifest = createRequire(import.meta.url).resolve('@tickwire/protocol/package.json');
  const folder = join(dirname(manifest), 'vectors', 'v1');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as VectorFile);
}
