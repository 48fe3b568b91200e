// What the documents say about codes, numbers, options and each other is what the code says.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CloseCode, closePolicy, ERROR_CODES, TickwireError, type ClosePolicy } from '@tickwire/protocol';
import { anchorsOf, PAGES, readText, ROOT, tableRows } from './documents.js';
import { ShellCommands } from './shell-commands.js';

const firstCells = (markdown: string): ReadonlySet<string> =>
  new Set(tableRows(markdown).map(([cell = '']) => cell.replaceAll('`', '')));

describe('the errors guide', () => {
  const guide = readText('docs/guide/errors.md');
  const [, byCode = '', byCloseCode = ''] = guide.split(/^## /m);
  const closes = tableRows(byCloseCode).slice(1);

  test('has a row for every code, and none for a code that does not exist', () => {
    const [, ...codes] = tableRows(byCode).map(([cell = '']) => cell.replaceAll('`', ''));
    expect(codes.toSorted()).toEqual([...ERROR_CODES, 'app.*'].toSorted());
    for (const row of tableRows(byCode))
      expect(
        row.filter((cell) => cell === ''),
        row[0],
      ).toEqual([]);
  });

  test('names every field of an error', () => {
    const described = firstCells(guide.split(/^## /m)[0] ?? '');
    const error = new TickwireError('internal', '');
    for (const field of ['code', 'executed', 'retryAfterMs', 'temporary', 'retry', 'data', 'cause']) {
      expect(described).toContain(field);
      expect(field === 'cause' || field in error, field).toBe(true);
    }
  });

  test('has a row for every close code of Tickwire, which says what the client does', () => {
    const words: Record<ClosePolicy, RegExp> = {
      stop: /^stops$/,
      credentials: /fetches a token.*stops at the third|^likewise$/,
      backoff: /^reconnects with backoff$/,
      soon: /^reconnects within a second$/,
      suspect: /stops at the third in a row/,
    };
    const own = Object.entries(CloseCode).filter(([, code]) => code >= 4_000);
    expect(closes.slice(0, own.length).map(([code]) => Number(code))).toEqual(own.map(([, code]) => code));
    for (const [index, [name, code]] of own.entries()) {
      const [, told, does = ''] = closes[index] ?? [];
      expect(told?.replaceAll('_', '')).toBe(name.toLowerCase());
      expect(does).toMatch(words[closePolicy(code)]);
    }
  });

  test('tells the close codes of WebSocket that are faults', () => {
    const row = closes.find(([cell]) => cell?.startsWith('1002'));
    expect(row?.[0]).toBe('1002, 1003, 1007–1010');
    for (const code of [1002, 1003, 1007, 1008, 1009, 1010]) expect(closePolicy(code)).toBe('suspect');
  });
});

test('the sizes of the READMEs are those that are checked', async () => {
  const { default: limits } = (await import(resolve(ROOT, '.size-limit.js'))) as {
    default: readonly { readonly name: string; readonly limit: string }[];
  };
  const limitOf = (name: string): number =>
    Number(limits.find((entry) => entry.name === name)?.limit.replace(' kB', ''));
  const [client, react] = [limitOf('client core'), limitOf('react, over the client')];
  expect(readText('README.md')).toMatch(
    new RegExp(
      `client at most ${client} kB, the React\\s+hooks at most ${react} kB more \\(${client + react} kB`,
    ),
  );
  expect(readText('packages/client/README.md')).toContain(`At most ${client} kB gzip`);
  expect(readText('packages/react/README.md')).toMatch(
    new RegExp(`at most ${react} kB gzip over the client's\\s+${client}\\.`),
  );
});

describe('links', () => {
  const documents = [
    ...new Set([
      ...PAGES,
      ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
      ...readdirSync(resolve(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.md') && !name.startsWith('api/'))
        .map((name) => `docs/${name}`),
    ]),
  ];

  test.each(documents)('of %s lead somewhere', (path) => {
    const markdown = readText(path);
    const dead = [...markdown.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const full = file === '' ? path : resolve(dirname(resolve(ROOT, path)), file).slice(ROOT.length + 1);
        if (!existsSync(resolve(ROOT, full))) return true;
        return anchor !== undefined && !anchorsOf(readText(full)).has(anchor);
      });
    expect(dead).toEqual([]);
  });

  test('of a package README stay in the package, which is all that is published', () => {
    for (const path of PAGES.filter((page) => page.startsWith('packages/')))
      expect(readText(path), path).not.toMatch(/\]\((?:\.\.|\/)/);
  });

  test('the README leads to every guide and every package', () => {
    const readme = readText('README.md');
    for (const page of PAGES.slice(1)) expect(readme).toContain(`(${page.replace('/README.md', '')}`);
  });
});

describe('words in the text', () => {
  /** What stands in `code` outside of blocks, and where. */
  const inline = PAGES.flatMap((path) =>
    [
      ...readText(path)
        .replaceAll(/^```[^]*?^```/gm, '')
        .matchAll(/`([^`\n]+)`/g),
    ].map(([, code = '']) => ({ path, code })),
  );

  test('that are commands exist, with their options', () => {
    const shell = new ShellCommands(ROOT);
    const commands = inline.filter(({ code }) => code.startsWith('npm '));
    expect(commands.length).toBeGreaterThan(3);
    for (const { path, code } of commands) expect(shell.problemOf(code, []), `${path}: ${code}`).toBeNull();
  });

  test('that look like names of the API are names in its sources', () => {
    const sources = readdirSync(resolve(ROOT, 'packages'))
      .flatMap((name) =>
        readdirSync(resolve(ROOT, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
          .filter((file) => /\.tsx?$/.test(file) && !/test/.test(file))
          .map((file) => readText(`packages/${name}/src/${file}`)),
      )
      .join('\n');
    const known = new Set(sources.match(/[A-Za-z_$][\w$]*/g));
    const foreign = new Set(['bufferedAmount', 'extensionAlias', 'localStorage', 'setItem']);
    const unknown = inline.flatMap(({ path, code }) =>
      [...code.matchAll(/\b[a-z]+[A-Z]\w*/g)]
        .filter(([name]) => !known.has(name) && !foreign.has(name))
        .map(([name]) => `${path}: ${name}`),
    );
    expect([...new Set(unknown)]).toEqual([]);
  });
});

test('a package README is short, and shows code', () => {
  for (const page of PAGES.filter((path) => path.startsWith('packages/'))) {
    const markdown = readText(page);
    expect(markdown.split('\n').length, page).toBeLessThan(60);
    expect(markdown, page).toMatch(/^```tsx? /m);
  }
});

test('the quick start of the README is as short as it claims', () => {
  const most: Readonly<Record<string, number>> = {
    'contract.ts': 12,
    'server.ts': 12,
    'client.ts': 5,
    'watch.ts': 6,
    'page.tsx': 10,
  };
  const blocks = [...readText('README.md').matchAll(/^```tsx? (\S+)\n([^]*?)^```/gm)];
  expect(blocks.map(([, name]) => name)).toEqual(Object.keys(most));
  for (const [, name = '', code = ''] of blocks)
    expect(code.split('\n').filter((line) => line.trim() !== '').length, name).toBeLessThanOrEqual(
      most[name] ?? 0,
    );
});
