// Expected output: whether what a program printed is what a page says. `…` stands for anything within a line, and alone
// in a line for any lines.

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const lineMatches = (expected: string, printed: string): boolean =>
  new RegExp(`^${expected.split('…').map(escape).join('.*')}$`, 'u').test(printed);

/** Whether `printed` begins with `expected`, line by line. What is printed after it does not matter. */
export function printsWhatIsExpected(expected: string, printed: string): boolean {
  return match(toLines(expected), toLines(printed));
}

const toLines = (text: string): string[] => {
  const lines = text.split('\n').map((line) => line.trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return lines;
};

function match(expected: readonly string[], printed: readonly string[]): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return true;
  if (first === '…') return rest.length === 0 || printed.some((_, at) => match(rest, printed.slice(at)));
  const [line, ...more] = printed;
  return line !== undefined && lineMatches(first, line) && match(rest, more);
}
