// One build shape for every package: ESM and CommonJS with types and source maps, dependencies left outside.
// No `treeshake`: it removes "use client" from the React package.
import type { Options } from 'tsup';

/** Each format cleans up its own files only: both are built at the same time. */
const LEAVE_CJS = ['!**/*.cjs', '!**/*.cjs.map', '!**/*.d.cts', '!**/*.d.cts.map'];
const LEAVE_ESM = ['!**/*.js', '!**/*.js.map', '!**/*.d.ts', '!**/*.d.ts.map'];

export function packageBuild(doors: readonly string[]): Options[] {
  const common: Options = {
    entry: doors.map((door) => `src/${door}.ts`),
    target: 'es2022',
    platform: 'neutral',
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    sourcemap: true,
    silent: true,
  };
  return [
    { ...common, format: 'esm', splitting: true, clean: LEAVE_CJS },
    // Splitting CommonJS rewrites the syntax of every file, and puts "use client" behind other statements.
    { ...common, format: 'cjs', splitting: false, clean: LEAVE_ESM },
  ];
}
