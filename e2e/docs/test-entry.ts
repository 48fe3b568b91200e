// Test entry: the text of a program that lets vitest run the test files of a page.

/** What is printed at the end when every test has passed. */
export const PASSED = 'EVERY TEST HAS PASSED';

/** The name of that program, in the folder of the page. */
export const TEST_ENTRY = 'page-tests.mjs';

/** Runs files of `folder`, from the source of `@tickwire/*`. */
export function testEntry(folder: string, files: readonly string[]): string {
  const conditions = `['@tickwire/source', 'module', 'import', 'default']`;
  return `import { startVitest } from 'vitest/node';
const vitest = await startVitest(
  'test',
  ${JSON.stringify(files)},
  { root: ${JSON.stringify(folder)}, config: false, watch: false, reporters: ['default'] },
  { resolve: { conditions: ${conditions} }, ssr: { resolve: { conditions: ['node', ...${conditions}] } } },
);
const modules = vitest.state.getTestModules();
const ok = modules.length === ${files.length} && modules.every((each) => each.ok());
await vitest.close();
console.log(ok ? ${JSON.stringify(PASSED)} : 'Some tests have failed.');
process.exit(ok ? 0 : 1);
`;
}
