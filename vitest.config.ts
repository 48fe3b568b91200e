// Tests run from source: the `@tickwire/source` condition makes a build unnecessary.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const sourceConditions = ['@tickwire/source'];
const never = ['**/node_modules/**', '**/dist/**', 'scripts/fixtures/**', '**/.run-*/**'];
/** A hung test is ended; nothing is asserted by it, so it is long enough for the busiest machine. */
const PATIENCE_MS = 60_000;
const shared = {
  resolve: { conditions: [...sourceConditions, 'module', 'import', 'default'] },
  ssr: { resolve: { conditions: [...sourceConditions, 'node', 'module', 'import', 'default'] } },
};

/** The hooks run on the oldest React that is supported, too: the same tests, with another React under them. */
const react18 = (name: string) =>
  fileURLToPath(new URL(`e2e/react-18/node_modules/${name}`, import.meta.url));

process.env['CHROMIUM_PATH'] ??= existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : '';

export default defineConfig({
  ...shared,
  test: {
    // Vitest would leave one core to itself, which is half of a small machine.
    maxWorkers: '100%',
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['{packages/*/src,benchmarks,examples,scripts,docs}/**/*.test.ts'],
          exclude: [...never, 'packages/react/**'],
          testTimeout: PATIENCE_MS,
          // What they test owns no globals, and to load it anew takes longer than most files.
          isolate: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'react',
          environment: 'jsdom',
          include: ['{packages,examples}/**/*.test.tsx', 'packages/react/src/**/*.test.ts'],
          exclude: never,
          testTimeout: PATIENCE_MS,
        },
      },
      {
        ...shared,
        resolve: {
          ...shared.resolve,
          alias: [
            { find: /^react(?=\/|$)/, replacement: react18('react') },
            { find: /^react-dom(?=\/|$)/, replacement: react18('react-dom') },
            // It imports React itself, and must get the same one: this is why it is of another version, npm shares equal ones.
            { find: '@testing-library/react', replacement: react18('@testing-library/react') },
          ],
        },
        test: {
          name: 'react-18',
          environment: 'jsdom',
          include: ['{packages/react/src,e2e/react-18}/**/*.test.{ts,tsx}'],
          exclude: never,
          testTimeout: PATIENCE_MS,
        },
      },
      {
        ...shared,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['packages/*/src/**/*.test-d.{ts,tsx}'],
            tsconfig: './tsconfig.types.json',
            // The `types` check compiles everything; here a broken source file must not fail every type test.
            ignoreSourceErrors: true,
          },
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['e2e/**/*.test.ts'],
          exclude: [...never, 'e2e/react-18/**', 'e2e/hostile/**'],
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
        },
      },
      {
        ...shared,
        test: {
          name: 'hostile',
          environment: 'node',
          include: ['e2e/hostile/**/*.test.ts'],
          exclude: never,
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
          // Asserts how long a server takes and stalls: one file at a time, and beside nothing else.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
