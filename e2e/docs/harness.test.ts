// The harness that tries the documents is itself tried: what is wrong must be told, in a sentence that names the place.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readPage } from './code-blocks.js';
import { anchorsOf, ROOT, tableRows } from './documents.js';
import { printsWhatIsExpected } from './expected-output.js';
import { freePort } from './processes.js';
import { rolesOf, toProgram } from './program.js';
import { ShellCommands } from './shell-commands.js';
import { TEST_ENTRY, testEntry } from './test-entry.js';
import { tryProgram } from './try-program.js';
import { typeCheck } from './type-check.js';

const FOLDER = resolve(import.meta.dirname, `.run-harness-${process.pid}`);
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

const block = (info: string, text: string): string => `\`\`\`${info}\n${text}\n\`\`\`\n`;
const read = (...blocks: string[]) => readPage('a.md', blocks.join('\n'));

describe('blocks of a page', () => {
  test('are files, outputs, drawings and commands', () => {
    const { blocks, problems } = read(
      block('ts client.ts', '1;'),
      block('text', 'one'),
      block('text diagram', '->'),
      block('sh', 'npm ci'),
    );
    expect(problems).toEqual([]);
    expect(blocks.map(({ kind }) => kind)).toEqual(['file', 'output', 'diagram', 'commands']);
    expect(blocks[1]).toMatchObject({ of: 'client.ts', text: 'one\n', line: 5 });
  });

  test.each([
    '',
    'ts',
    'js',
    'ts page.tsx',
    'tsx page.ts',
    'json',
    'html page.ts',
    'ts Client.ts',
    'ts ../a.ts',
  ])('a block marked "%s" is refused in a sentence that shows what to write', (info) => {
    expect(read('text', block(info, '1')).problems).toEqual([
      expect.stringMatching(/^a\.md:2 has a code block marked ".*", which nothing tries: write for instance/),
    ]);
  });

  test('an output that follows no program, an open block and an indented one are refused', () => {
    expect(read(block('sh', 'npm ci'), block('text', 'x')).problems).toEqual([
      expect.stringContaining('follows no program'),
    ]);
    expect(read('```sh', 'npm ci').problems).toEqual(['a.md:1 has a code block that does not end.']);
    expect(read('- x', '  ```ts client.ts', '  1', '  ```').problems[0]).toContain(
      'a.md:2 has an indented code block',
    );
  });
});

describe('programs', () => {
  test('a name that comes again continues its file, line by line traceable to the page', () => {
    const { files, problems } = toProgram(
      read(block('ts a.ts', '1;'), block('ts b.ts', '2;'), block('ts a.ts', '3;')),
      null,
    );
    expect(problems).toEqual([]);
    expect(files.map(({ name, text, lines }) => [name, text, lines])).toEqual([
      ['a.ts', '1;\n3;\n', [2, 10]],
      ['b.ts', '2;\n', [6]],
    ]);
  });

  test('a page borrows from the README what it imports and a server to talk to, which it need not try again', () => {
    const readme = [
      block('ts contract.ts', '1'),
      block('ts server.ts', `import './contract.js'; listen(8080);`),
      block('ts client.ts', `connect(8080);`),
      block('text', 'x'),
    ];
    const lender = toProgram(read(...readme), null);
    const { files } = toProgram(read(block('tsx page.tsx', `import './client.js';`)), lender);
    expect(files.map(({ name }) => name)).toEqual(['page.tsx', 'client.ts', 'server.ts', 'contract.ts']);
    const { server, scripts, pages } = rolesOf({ path: '', folder: '', files, problems: [] });
    expect([server?.name, scripts, pages.map(({ name }) => name)]).toEqual(['server.ts', [], ['page.tsx']]);
    expect(toProgram(read(block('ts alone.ts', '1')), lender).files).toHaveLength(1);
    expect(toProgram(read('no code'), lender).files).toEqual([]);
  });

  test('a client whose output is not told, and an output told twice, are refused', () => {
    expect(toProgram(read(block('ts client.ts', '1')), null).problems).toEqual([
      'a.md does not say what client.ts prints: put a `text` block after it.',
    ]);
    const shared = read(block('ts client.ts', '1'), block('ts watch.ts', `import './client.js';`));
    expect(toProgram(shared, null).problems).toEqual([]);
    const twice = read(block('ts a.ts', '1'), block('text', 'x'), block('ts a.ts', '1'), block('text', 'y'));
    expect(toProgram(twice, null).problems).toEqual(['a.md:13 says a second time what a.ts prints.']);
  });
});

describe('expected output', () => {
  test.each([
    ['live 5\n', 'live 5\nlive 6\n', true],
    ['live …\n', 'live 67000.5\n', true],
    ['a\n…\nc\n', 'a\nb\nb\nc\nd\n', true],
    ['a\n…\n', 'a\n', true],
    ['live 5\n', 'pending\nlive 5\n', false],
    ['live 5\nlive 6\n', 'live 5\n', false],
    ['a.c\n', 'abc\n', false],
    ['a\n…\nz\n', 'a\nb\n', false],
  ])('%j against %j: %s', (expected, printed, verdict) => {
    expect(printsWhatIsExpected(expected, printed)).toBe(verdict);
  });
});

describe('running', () => {
  const put = (name: string, text: string): void => {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(resolve(FOLDER, name), text);
  };
  const locate = (name: string) => ({ file: resolve(FOLDER, name.replace('.ts', '.mjs')), words: [] });
  const tryPage = (port: number, ...blocks: string[]) =>
    tryProgram(toProgram(read(...blocks), null), port, locate);

  test('a client is run against a server that listens', async () => {
    const port = await freePort();
    put('server.mjs', `(await import('node:http')).createServer((_, r) => r.end('hello')).listen(${port});`);
    put('client.mjs', `console.log(await (await fetch('http://localhost:${port}')).text());`);
    const server = block('ts server.ts', '');
    expect(await tryPage(port, server, block('ts client.ts', ''), block('text', 'hello'))).toEqual([]);
    put('client.mjs', `console.log('good' + 'bye'); throw new Error('too bad');`);
    const [problem] = await tryPage(port, server, block('ts client.ts', ''), block('text', 'hello'));
    expect(problem).toMatch(/^a\.md: client\.ts ended with 1: [^]*too bad/);
  });

  test('a server that falls is told, and nothing is run against it', async () => {
    put('server.mjs', `throw new Error('no room');`);
    const problems = await tryPage(
      await freePort(),
      block('ts server.ts', ''),
      block('ts client.ts', ''),
      block('text', 'x'),
    );
    expect(problems).toEqual([expect.stringMatching(/^a\.md: server\.ts ended with 1: [^]*no room/)]);
  });

  test('a test of a page is run by vitest, and one that fails is told', async () => {
    const expecting = (value: number): string =>
      `import { expect, test } from 'vitest';\ntest('counts', () => expect(1 + 1).toBe(${value}));\n`;
    const runTest = async (value: number) => {
      put('sum.test.ts', expecting(value));
      put(TEST_ENTRY, testEntry(FOLDER, ['sum.test.ts']));
      return tryProgram(
        toProgram(read(block('ts sum.test.ts', expecting(value))), null),
        await freePort(),
        () => ({
          file: resolve(FOLDER, TEST_ENTRY),
          words: [],
        }),
      );
    };
    expect(await runTest(2)).toEqual([]);
    expect(await runTest(3)).toEqual([
      expect.stringMatching(/^a\.md: its tests should pass, and say[^]*expected 2 to be 3/),
    ]);
  });

  test('a type error is told with the line of the page', () => {
    put('wrong.ts', `export const a: string = 5;\n`);
    expect(
      typeCheck([resolve(FOLDER, 'wrong.ts')], resolve(ROOT, 'tsconfig.json'), (_, line) => `line ${line}`),
    ).toEqual(["line 0 TS2322: Type 'number' is not assignable to type 'string'."]);
  });
});

describe('commands', () => {
  const shell = new ShellCommands(ROOT);
  test.each([
    'npm ci',
    'npm test',
    'npm run build   # all packages',
    '',
    '# only a comment',
    'npm install zod @tickwire/client',
    'npx vite',
  ])('"%s" is right', (line) => expect(shell.problemOf(line, [])).toBeNull());
  test.each([
    ['npm run no-such-thing', 'which package.json does not have'],
    ['npm run demo --port 1', 'write -- before it'],
    ['npm run demo -- --no-such-flag', 'which its --help does not name'],
    ['npm install left-pad', 'which this repository does not know'],
    ['npm publish', 'which nothing tries'],
    ['npx vite --host', 'which nothing tries'],
    ['rm -rf /', 'which nothing tries'],
    ['node server.ts', 'other options'],
    ['node --conditions=@tickwire/source --import tsx other.ts', 'which no block of the page writes'],
  ])('"%s" is refused', (line, sentence) => {
    expect(shell.problemOf(line, ['server.ts'])).toContain(sentence);
  });
});

test('anchors are those of GitHub, tables are read by cell', () => {
  expect([...anchorsOf('# A\n## By *code* (x)\n## A\n```sh\n# no\n```\n## It’s `4301`, then')]).toEqual([
    'a',
    'by-code-x',
    'a-1',
    'its-4301-then',
  ]);
  expect(tableRows('| a | b |\n| --- | --- |\n| `x \\| y` | 2 |\n')).toEqual([
    ['a', 'b'],
    ['`x \\| y`', '2'],
  ]);
});
