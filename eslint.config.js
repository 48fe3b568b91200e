// Typed lint over the whole workspace. Formatting is prettier's business, import direction is dependency-cruiser's.
import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const testFiles = ['**/*.test.ts', '**/*.test.tsx', '**/*.test-d.ts', '**/*.test-d.tsx', 'e2e/**'];

const corePaths = [
  'packages/protocol/src/**',
  'packages/client/src/{connection,subscription,store,command,ports}/**',
  'packages/server/src/{session,hub,outbox,broker,command,ports}/**',
];

const handedIn = 'The core owns no time, chance or platform: take it from a port (Clock, Random).';

const coreGlobals = [
  'Date',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'queueMicrotask',
  'requestAnimationFrame',
  'console',
  'process',
  'crypto',
  'fetch',
  'WebSocket',
].map((name) => ({ name, message: handedIn }));

const readonlyGlobals = (...names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

export default defineConfig(
  globalIgnores([
    '**/dist/',
    '**/node_modules/',
    'coverage/',
    'docs/api/',
    '.reports/',
    'scripts/fixtures/',
    '**/vectors/',
    '**/.run-*/',
  ]),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // A generic used once still documents and infers in a contract-first API.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Doors are called from JavaScript too: checks the types call needless are the point there.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-empty-object-type': ['error', { allowObjectTypes: 'always' }],
      '@typescript-eslint/no-dynamic-delete': 'off',
      eqeqeq: ['error', 'always'],
    },
  },
  {
    files: ['packages/*/src/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "ImportDeclaration[source.value=/^zod(\\u002f|$)/] ImportSpecifier[imported.name='z']",
          message:
            "`import { z }` keeps all of Zod in an esbuild bundle (91 kB): write `import * as z from 'zod'`.",
        },
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
      ],
    },
  },
  {
    files: corePaths,
    ignores: testFiles,
    rules: {
      'no-restricted-globals': ['error', ...coreGlobals],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: handedIn }],
    },
  },
  {
    files: ['packages/react/**', 'examples/**'],
    extends: [reactHooks.configs.flat.recommended],
  },
  {
    files: testFiles,
    rules: {
      // Doubles and expectations work on values the type system has already narrowed elsewhere.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-redundant-type-constituents': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    // A wrong use under @ts-expect-error has no type to be safe with.
    files: ['**/*.test-d.ts', '**/*.test-d.tsx'],
    rules: {
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: readonlyGlobals('console', 'process', 'URL', 'Buffer', 'setTimeout') },
  },
  {
    files: ['examples/*/page/**/*.js'],
    languageOptions: { globals: readonlyGlobals('document', 'window', 'localStorage', 'matchMedia') },
  },
);
