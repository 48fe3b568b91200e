// Bundle: puts the seed program and the product into one file, from source, and takes a rule out of it where a mutant is
// wanted. The source itself is never changed.
import { readFile } from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Mutant } from '../../mutants/mutant.js';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
const program = fileURLToPath(new URL('seed-program.ts', import.meta.url));

/** A mutant that does not fit the source any more. */
export class PatchError extends Error {}

/** Where bundles lie while a command runs. */
export class BundleFolder {
  // Below the root, so that what is not bundled is found there.
  readonly #path = mkdtempSync(join(root, '.run-simulate-'));

  /**
   * Bundles the product as it is, or without one rule.
   * @returns the path of the program.
   * @throws PatchError where the mutant does not fit.
   */
  async bundle(name: string, mutant?: Mutant): Promise<string> {
    const outfile = join(this.#path, `${name}.mjs`);
    const patched = { count: 0 };
    await build({
      entryPoints: [program],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      conditions: ['@tickwire/source'],
      external: ['ws', 'isomorphic-ws'],
      sourcemap: mutant === undefined ? 'inline' : false,
      logLevel: 'silent',
      plugins: mutant === undefined ? [] : [patch(mutant, patched)],
    });
    if (mutant !== undefined && patched.count === 0)
      throw new PatchError(`${mutant.name}: no program uses ${mutant.file}.`);
    return outfile;
  }

  remove(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}

function patch({ name, file, find, replace }: Mutant, patched: { count: number }): Plugin {
  return {
    name: 'mutant',
    setup(bundler) {
      bundler.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (relative(root, path).replaceAll('\\', '/') !== `packages/${file}`) return undefined;
        const text = await readFile(path, 'utf8');
        const times = text.split(find).length - 1;
        if (times !== 1) throw new PatchError(`${name}: its place is ${times} times in ${file}, not once.`);
        patched.count++;
        return { contents: text.replace(find, () => replace), loader: 'ts' };
      });
    },
  };
}
