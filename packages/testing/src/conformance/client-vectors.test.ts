// The conformance vectors for clients, against the real client.
import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import { type ClientVector, playClientVector } from './client-script.js';

const files = ['client-connection', 'client-channels', 'client-commands'];

describe.each(files)('%s', (file) => {
  const url = new URL(`../../../protocol/vectors/v1/${file}.json`, import.meta.url);
  const { vectors } = JSON.parse(readFileSync(url, 'utf8')) as { vectors: readonly ClientVector[] };
  test.each(vectors.map((vector) => [`${vector.rule} ${vector.id}: ${vector.name}`, vector] as const))(
    '%s',
    async (_title, vector) => {
      await playClientVector(vector);
    },
  );
});
