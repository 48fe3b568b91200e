// Try program: runs what a page shows, as its readers would: the server first, then every file that prints something,
// then the pages, in a document and, where the page says how, in a browser, and the tests.
import { resolve } from 'node:path';
import { printsWhatIsExpected } from './expected-output.js';
import { SHOWN } from './page-entry.js';
import { PASSED, TEST_ENTRY } from './test-entry.js';
import { servePage } from './serve-page.js';
import { isListening, start, waitUntil, type Running } from './processes.js';
import { rolesOf, type Program, type ProgramFile } from './program.js';

/** Only a page that is wrong waits so long. */
const PATIENCE_MS = 20_000;
/** A whole runner has to start before the first test does. */
const TESTS_PATIENCE_MS = 45_000;

/** Where the runnable form of a file is, and the words Node needs before it. */
export type Locate = (name: string) => { readonly file: string; readonly words: readonly string[] };

/** @returns one sentence for everything that is not as the page says */
export async function tryProgram(
  program: Program,
  port: number,
  locate: Locate,
  bundler: { readonly folder: string; readonly port: number } | null = null,
): Promise<readonly string[]> {
  const { server, scripts, pages, served, tests } = rolesOf(program);
  const problems: string[] = [];
  const running: Running[] = [];
  const run = (name: string): Running => {
    const { file, words } = locate(name);
    const started = start(resolve(file), words);
    running.push(started);
    return started;
  };

  async function expectOutput({ name, output }: ProgramFile): Promise<void> {
    const started = run(name);
    const isRight = (): boolean => printsWhatIsExpected(output ?? '', started.printed());
    await waitUntil(() => isRight() || started.failure() !== null, PATIENCE_MS);
    if (started.failure() !== null) problems.push(`${program.path}: ${name} ${started.failure() ?? ''}`);
    else if (!isRight())
      problems.push(`${program.path}: ${name} should print\n${output ?? ''}and prints\n${started.printed()}`);
    await started.stop();
  }

  async function expectShown({ name, output }: ProgramFile): Promise<void> {
    const started = run(`${name}.entry`);
    const shown = (): readonly string[] =>
      started
        .printed()
        .split('\n')
        .filter((line) => line.startsWith(SHOWN))
        .map((line) => line.slice(SHOWN.length));
    const isRight = (): boolean =>
      shown().some((text) => (output === null ? text.trim() !== '' : printsWhatIsExpected(output, text)));
    await waitUntil(() => isRight() || started.failure() !== null, PATIENCE_MS);
    if (started.failure() !== null) problems.push(`${program.path}: ${name} ${started.failure() ?? ''}`);
    else if (!isRight())
      problems.push(
        `${program.path}: ${name} should come to show\n${output ?? 'something\n'}and shows\n${shown().join('\n')}`,
      );
    await started.stop();
  }

  async function expectServed(
    { name, output }: ProgramFile,
    folder: string,
    pagePort: number,
  ): Promise<void> {
    const page = await servePage(folder, pagePort);
    try {
      let shown = '';
      const isRight = async (): Promise<boolean> =>
        printsWhatIsExpected(output ?? '…', (shown = await page.shown()));
      if (!(await waitUntil(isRight, PATIENCE_MS)))
        problems.push(
          `${program.path}: ${name}, served, should come to show\n${output ?? ''}and shows\n${shown}\n${page.said()}`,
        );
    } finally {
      await page.stop();
    }
  }

  async function expectPassed(): Promise<void> {
    const started = run(TEST_ENTRY);
    const hasPassed = (): boolean => started.printed().includes(PASSED);
    await waitUntil(() => hasPassed() || started.failure() !== null, TESTS_PATIENCE_MS);
    if (!hasPassed())
      problems.push(
        `${program.path}: its tests should pass, and say\n${started.printed()}${started.failure() ?? ''}`,
      );
    await started.stop();
  }

  try {
    if (server !== null) {
      const started = run(server.name);
      const listens = await waitUntil(
        async () => started.failure() !== null || (await isListening(port)),
        PATIENCE_MS,
      );
      if (started.failure() !== null) problems.push(`${program.path}: server.ts ${started.failure() ?? ''}`);
      else if (!listens) problems.push(`${program.path}: server.ts does not listen on 8080.`);
      else if (
        server.output !== null &&
        !(await waitUntil(() => printsWhatIsExpected(server.output ?? '', started.printed()), PATIENCE_MS))
      )
        problems.push(
          `${program.path}: server.ts should print\n${server.output}and prints\n${started.printed()}`,
        );
      if (problems.length > 0) return problems;
    }
    for (const script of scripts) await expectOutput(script);
    for (const page of pages) await expectShown(page);
    if (served !== null && bundler !== null) await expectServed(served, bundler.folder, bundler.port);
    if (tests.length > 0) await expectPassed();
    // A server that fell over on the way is not one to copy.
    for (const { failure } of server === null ? [] : running.slice(0, 1)) {
      if (failure() !== null) problems.push(`${program.path}: server.ts ${failure() ?? ''}`);
    }
    return problems;
  } finally {
    await Promise.all(running.map(({ stop }) => stop()));
  }
}
