// One build shape for every package: ESM and CommonJS with types and source maps, dependencies left outside.
// No `treeshake`: it removes "use client" from the React package.
import type { Options } from 'tsup';

export function packageBuild(doors: readonly string[]): Options {
  return {
    entry: doors.map((door) => `src/${door}.ts`),
    format: ['esm', 'cjs'],
    target: 'es2022',
    platform: 'neutral',
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    sourcemap: true,
    clean: true,
    splitting: true,
    silent: true,
  };
}
