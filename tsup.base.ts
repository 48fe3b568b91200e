// One build shape for every package: ESM and CommonJS with types and source maps, dependencies left outside.
// No `treeshake`: it removes "use client" from the React package.
import type { Options } from 'tsup';

/** Each build cleans up its own files only: all run at the same time. */
const LEAVE_TYPES = '!**/*.d.{ts,cts}';
const LEAVE_CJS = '!**/*.{cjs,cjs.map}';
const LEAVE_ESM = '!**/*.{js,js.map}';

/** How the packages are built; `own` is what one of them needs besides. */
export function packageBuild(doors: readonly string[], own: Options = {}): Options[] {
  const common: Options = {
    entry: doors.map((door) => `src/${door}.ts`),
    target: 'es2022',
    platform: 'neutral',
    sourcemap: true,
    silent: true,
    ...own,
  };
  return [
    { ...common, format: 'esm', splitting: true, clean: [LEAVE_CJS, LEAVE_TYPES] },
    // Splitting CommonJS rewrites the syntax of every file, and puts "use client" behind other statements.
    { ...common, format: 'cjs', splitting: false, clean: [LEAVE_ESM, LEAVE_TYPES] },
    // The types of both formats come from one run of the compiler, which is most of the work. It cleans up types only.
    {
      ...common,
      format: ['esm', 'cjs'],
      dts: { only: true, compilerOptions: { ignoreDeprecations: '6.0' } },
      clean: true,
    },
  ];
}
