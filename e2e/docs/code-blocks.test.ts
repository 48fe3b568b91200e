import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPage } from './code-blocks.js';
import { PAGES, readText, ROOT } from './documents.js';
import { pageEntry } from './page-entry.js';
import { bundle, freePort } from './processes.js';
import { atPort, rolesOf, toProgram, type Program } from './program.js';
import { ShellCommands } from './shell-commands.js';
import { TEST_ENTRY, testEntry } from './test-entry.js';
import { tryProgram, type Locate } from './try-program.js';
import { typeCheck } from './type-check.js';

const FOLDER = resolve(import.meta.dirname, `.run-${process.pid}`);

const pages = PAGES.map((path) => readPage(path, readText(path)));
const lender = toProgram(pages[0]!, null);
// Pages name one port; every program gets one of its own in its place.
const ported = await Promise.all(
  pages
    .map((page) => (page.path === lender.path ? lender : toProgram(page, lender)))
    .filter(({ files }) => files.length > 0)
    .map(async (program) => {
      const port = await freePort();
      const pagePort = await freePort();
      return { program: atPort(program, port, pagePort), port, pagePort };
    }),
);
const programs = ported.map(({ program }) => program);
const commandsOf = (path: string): readonly { readonly line: number; readonly text: string }[] =>
  pages
    .filter((page) => page.path === path)
    .flatMap(({ blocks }) => blocks)
    .flatMap((block) =>
      block.kind === 'commands'
        ? block.text.split('\n').map((text, at) => ({ text: text.trim(), line: block.line + 1 + at }))
        : [],
    );

/** Programs that esbuild refused, and what it said. */
const unbundled = new Map<Program, string>();
const outOf = (program: Program, name: string): string =>
  resolve(FOLDER, 'out', program.folder, name.replace(/\.tsx?$/, '.mjs'));

/** A file that the page starts by a command is started by that command, any other from a bundle. */
function locateIn(program: Program): Locate {
  const byHand = new Map(
    commandsOf(program.path)
      .map(({ text }) => text.split(/\s+/))
      .filter(([word]) => word === 'node')
      .map((words) => [basename(words.at(-1) ?? ''), words.slice(1, -1)] as const),
  );
  return (name) => {
    const words = byHand.get(name);
    if (name === TEST_ENTRY) return { file: resolve(FOLDER, program.folder, name), words: [] };
    return words === undefined
      ? { file: outOf(program, name.replace(/\.tsx\.entry$/, '-entry.ts')), words: [] }
      : { file: resolve(FOLDER, program.folder, name), words };
  };
}

beforeAll(async () => {
  const put = (program: Program, name: string, text: string): string => {
    const file = resolve(FOLDER, program.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  for (const program of programs) {
    const entries: string[] = [];
    for (const { name, text } of program.files) put(program, name, text);
    const { server, scripts, pages: shown, tests } = rolesOf(program);
    if (tests.length > 0) {
      const names = tests.map(({ name }) => name);
      put(program, TEST_ENTRY, testEntry(resolve(FOLDER, program.folder), names));
    }
    for (const { name } of [...(server === null ? [] : [server]), ...scripts])
      entries.push(resolve(FOLDER, program.folder, name));
    for (const { name } of shown)
      entries.push(
        put(program, name.replace(/\.tsx$/, '-entry.ts'), pageEntry(name.replace(/\.tsx$/, '.js'))),
      );
    try {
      await bundle(entries, resolve(FOLDER, 'out', program.folder));
    } catch (error) {
      unbundled.set(program, String(error));
    }
  }
});

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

describe('the code that users read', () => {
  test('every block says what it is', () => {
    expect([...pages, ...programs].flatMap(({ problems }) => problems)).toEqual([]);
  });

  test('compiles under the strict options of this repository', () => {
    const files = new Map(
      programs.flatMap((program) =>
        program.files
          .filter(({ name }) => !name.endsWith('.html'))
          .map((file) => [resolve(FOLDER, program.folder, file.name), { program, file }] as const),
      ),
    );
    const where = (path: string, line: number): string => {
      const { program, file } = files.get(path)!;
      return `${program.path}:${file.lines[line] ?? 0} (${file.name})`;
    };
    expect(typeCheck([...files.keys()], resolve(ROOT, 'tsconfig.json'), where)).toEqual([]);
  });

  test('its commands exist, with the options it gives them', () => {
    const shell = new ShellCommands(ROOT);
    const problems = pages.flatMap(({ path }) => {
      const files = programs.find((program) => program.path === path)?.files.map(({ name }) => name) ?? [];
      return commandsOf(path).flatMap(({ line, text }) => {
        const problem = shell.problemOf(text, files);
        return problem === null ? [] : [`${path}:${line} ${problem}`];
      });
    });
    expect(problems).toEqual([]);
  });

  test.concurrent.each(ported.map((each) => [each.program.path, each] as const))(
    '%s does what it says',
    async (_, { program, port, pagePort }) => {
      expect(unbundled.get(program)).toBeUndefined();
      expect(
        await tryProgram(program, port, locateIn(program), {
          folder: resolve(FOLDER, program.folder),
          port: pagePort,
        }),
      ).toEqual([]);
    },
  );
});
