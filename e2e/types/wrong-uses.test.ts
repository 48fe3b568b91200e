import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkWrongUses } from './wrong-uses.js';

const root = resolve(import.meta.dirname, '../..');
const tsconfig = resolve(root, 'tsconfig.json');

function checkText(text: string) {
  const file = resolve(root, 'e2e/types/in-memory.ts');
  const { confirmed, problems } = checkWrongUses([file], tsconfig, new Map([[file, text]]));
  return { confirmed, problems: problems.map((problem) => problem.slice(file.length + 1)) };
}

describe('every wrong use of the packages is refused for the reason its comment gives', () => {
  const files = readdirSync(resolve(root, 'packages')).flatMap((name) =>
    readdirSync(resolve(root, 'packages', name), { recursive: true, encoding: 'utf8' })
      .filter((file) => /^src\/.*\.test-d\.tsx?$/.test(file))
      .map((file) => resolve(root, 'packages', name, file)),
  );

  test('all diagnostics are promised, all promises are kept, and there are enough of both kinds', () => {
    const { confirmed, problems } = checkWrongUses(files, tsconfig);
    expect(problems).toEqual([]);
    expect(confirmed).toBeGreaterThanOrEqual(30);
    const rightUses = files.flatMap((file) => readFileSync(file, 'utf8').match(/\bexpectTypeOf[(<]/g) ?? []);
    expect(rightUses.length).toBeGreaterThanOrEqual(30);
  });
});

describe('the check itself', () => {
  test('a kept promise is counted', () => {
    expect(
      checkText(`// @ts-expect-error TS2322 /'number' is not assignable/\nexport const a: string = 5;`),
    ).toEqual({
      confirmed: 1,
      problems: [],
    });
  });

  test('an error nobody promised is reported', () => {
    expect(checkText(`export const a: string = 5;`).problems).toEqual([
      "1 gives TS2322, which nothing promises: Type 'number' is not assignable to type 'string'.",
    ]);
  });

  test('another code, another message and no error at all are reported', () => {
    expect(
      checkText(`// @ts-expect-error TS2345 /number/\nexport const a: string = 5;`).problems,
    ).toHaveLength(2);
    expect(
      checkText(`// @ts-expect-error TS2322 /boolean/\nexport const a: string = 5;`).problems,
    ).toHaveLength(2);
    expect(checkText(`// @ts-expect-error TS2322 /number/\nexport const a = 5;`).problems).toEqual([
      '2 should give TS2322 /number/s and does not.',
    ]);
  });

  test('a comment that promises nothing in particular is reported', () => {
    expect(checkText(`// @ts-expect-error\nexport const a: string = 5;`).problems[0]).toContain(
      '1 does not say which error it expects',
    );
  });

  test('two promises can be about one line', () => {
    const text = `// @ts-expect-error TS2322 /number/\n// @ts-expect-error TS2322 /boolean/\nexport const a: [string, string] = [5, true];`;
    expect(checkText(text)).toEqual({ confirmed: 2, problems: [] });
  });
});
