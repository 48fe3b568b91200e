// Code blocks: finds the fenced blocks of a Markdown page and says what each is for. The info string after the language
// is the convention; GitHub and npm do not show it. Knows nothing of compilers and processes.
//
//   ```ts contract.ts       a file of the page's program (`.ts`, `.tsx`); the same name again continues the file
//   ```ts contract.test.ts  a test among them, which vitest runs
//   ```html index.html      the page that a bundler serves
//   ```text                 what the file before it prints, or what the page before it comes to show; `…` stands for anything
//   ```text diagram         a drawing
//   ```sh                   commands, one a line

/** What one block is. */
export type CodeBlock =
  | { readonly kind: 'file'; readonly name: string; readonly text: string; readonly line: number }
  | { readonly kind: 'output'; readonly of: string; readonly text: string; readonly line: number }
  | { readonly kind: 'diagram'; readonly text: string; readonly line: number }
  | { readonly kind: 'commands'; readonly text: string; readonly line: number };

/** The blocks of a page, and one sentence for everything that cannot be one. */
export interface Page {
  readonly path: string;
  readonly blocks: readonly CodeBlock[];
  readonly problems: readonly string[];
}

const FENCE = /^(`{3,}|~{3,})(.*)$/;
const FILE = /^(ts|tsx|html) ([a-z][a-z0-9-]*(?:\.test)?\.(?:tsx?|html))$/;

/** Reads the blocks of a page. `path` is for its sentences. */
export function readPage(path: string, markdown: string): Page {
  const blocks: CodeBlock[] = [];
  const problems: string[] = [];
  let open: { readonly fence: string; readonly info: string; readonly line: number } | null = null;
  let body: string[] = [];
  for (const [index, line] of markdown.split('\n').entries()) {
    const [, fence, info = ''] = FENCE.exec(line) ?? [];
    if (open === null) {
      if (fence !== undefined) open = { fence, info: info.trim(), line: index + 1 };
      else if (/^\s+(`{3,}|~{3,})/.test(line))
        problems.push(`${path}:${index + 1} has an indented code block: begin it in the first column.`);
      body = [];
    } else if (fence === open.fence && info.trim() === '') {
      const last = blocks.at(-1);
      const block = toBlock(
        open.info,
        `${body.join('\n')}\n`,
        open.line,
        last?.kind === 'file' ? last.name : null,
      );
      if (typeof block === 'string') problems.push(`${path}:${open.line} ${block}`);
      else blocks.push(block);
      open = null;
    } else body.push(line);
  }
  if (open !== null) problems.push(`${path}:${open.line} has a code block that does not end.`);
  return { path, blocks, problems };
}

function toBlock(info: string, text: string, line: number, before: string | null): CodeBlock | string {
  if (info === 'sh') return { kind: 'commands', text, line };
  if (info === 'text diagram') return { kind: 'diagram', text, line };
  if (info === 'text') {
    if (before === null)
      return 'has a text block that follows no program: write `text diagram` if it is a drawing.';
    return { kind: 'output', of: before, text, line };
  }
  const [, language, name] = FILE.exec(info) ?? [];
  if (name === undefined || !name.endsWith(`.${language ?? ''}`)) {
    return `has a code block marked "${info}", which nothing tries: write for instance \`ts contract.ts\`, \`tsx page.tsx\`, \`sh\`, \`text\` or \`text diagram\`.`;
  }
  return { kind: 'file', name, text, line };
}
