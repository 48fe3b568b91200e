// Program: the files of one page as they stand in a folder, and what each is expected to do. Pure.
import type { Page } from './code-blocks.js';

/** A file of a program. */
export interface ProgramFile {
  readonly name: string;
  readonly text: string;
  /** For every line of `text`, the line of the page it comes from; 0 where it comes from another page. */
  readonly lines: readonly number[];
  /** What it prints or shows; `null` where the page does not say. */
  readonly output: string | null;
}

export interface Program {
  readonly path: string;
  /** Name of its folder. */
  readonly folder: string;
  readonly files: readonly ProgramFile[];
  readonly problems: readonly string[];
}

/** The ports that pages name: of the server, and of what serves a page. */
const PORT = /\b8080\b/g;
const PAGE_PORT = /\b5173\b/g;

const imports = ({ text }: { readonly text: string }, { name }: { readonly name: string }): boolean =>
  text.includes(`'./${name.replace(/\.tsx?$/, '.js')}'`);

/** The files a page leaves out, because they stand in the root README: what it imports, and a server to talk to. */
function borrow(
  own: readonly { readonly name: string; readonly text: string }[],
  from: readonly ProgramFile[],
): readonly ProgramFile[] {
  const has = [...own];
  const borrowed: ProgramFile[] = [];
  for (let found = true; found;) {
    const missing = from.filter(({ name }) => !has.some((file) => file.name === name));
    const next = missing.find(
      (file) =>
        has.some((importer) => imports(importer, file)) ||
        (file.name === 'server.ts' && has.some(({ text }) => text.search(PORT) !== -1)),
    );
    found = next !== undefined;
    if (next !== undefined) {
      has.push(next);
      borrowed.push(next);
    }
  }
  return borrowed;
}

/** Puts the blocks of a page together. */
export function toProgram(page: Page, lender: Program | null): Program {
  const drafts = new Map<string, { text: string; readonly lines: number[]; output: string | null }>();
  const problems: string[] = [];
  for (const block of page.blocks) {
    if (block.kind === 'file') {
      const draft = drafts.get(block.name) ?? { text: '', lines: [], output: null };
      draft.lines.push(
        ...block.text
          .split('\n')
          .slice(0, -1)
          .map((_, at) => block.line + 1 + at),
      );
      draft.text += block.text;
      drafts.set(block.name, draft);
    }
    if (block.kind === 'output') {
      const draft = drafts.get(block.of);
      if (draft?.output === null) draft.output = block.text;
      else problems.push(`${page.path}:${block.line} says a second time what ${block.of} prints.`);
    }
  }
  const own = [...drafts].map(([name, draft]) => ({ name, ...draft }));
  const client = own.find(({ name }) => name === 'client.ts');
  if (client?.output === null && !own.some((file) => imports(file, client)))
    problems.push(`${page.path} does not say what client.ts prints: put a \`text\` block after it.`);
  const borrowed = borrow(own, lender?.files ?? []);
  return {
    path: page.path,
    folder: page.path
      .replace(/\.md$/, '')
      .replaceAll(/[^A-Za-z0-9]+/g, '-')
      .toLowerCase(),
    files: [...own, ...borrowed.map((file) => ({ ...file, lines: file.lines.map(() => 0), output: null }))],
    problems,
  };
}

/** The same program on ports of its own. */
export function atPort(program: Program, port: number, pagePort: number): Program {
  const move = (text: string): string =>
    text.replaceAll(PORT, String(port)).replaceAll(PAGE_PORT, String(pagePort));
  return {
    ...program,
    files: program.files.map((file) => ({
      ...file,
      text: move(file.text),
      output: file.output === null ? null : move(file.output),
    })),
  };
}

/** How the files of a program are tried. */
export interface Roles {
  /** Started first, and left running. */
  readonly server: ProgramFile | null;
  /** Each run on its own; must print what the page says. */
  readonly scripts: readonly ProgramFile[];
  /** Each mounted in a document; must come to show what the page says. */
  readonly pages: readonly ProgramFile[];
  /** The component that a bundler's page must come to show. */
  readonly served: ProgramFile | null;
  /** Each run by vitest; must pass. */
  readonly tests: readonly ProgramFile[];
}

/** What `index.html` loads, by the convention of Vite's templates. */
const ENTRY = 'main.tsx';

const isTest = ({ name }: ProgramFile): boolean => /\.test\.tsx?$/.test(name);

export function rolesOf({ files: all }: Program): Roles {
  const files = all.filter((file) => !isTest(file));
  const pages = files.filter(({ name }) => name.endsWith('.tsx') && name !== ENTRY);
  return {
    tests: all.filter(isTest),
    server: files.find(({ name }) => name === 'server.ts') ?? null,
    scripts: files.filter(
      ({ name, output }) => name.endsWith('.ts') && name !== 'server.ts' && output !== null,
    ),
    pages,
    served: files.some(({ name }) => name === 'index.html') ? (pages[0] ?? null) : null,
  };
}
