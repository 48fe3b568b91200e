// Wrong uses: compiles type tests with their `@ts-expect-error` comments switched off and holds every diagnostic
// against what its comment promises: `// @ts-expect-error TS2345 /part of the message/`. So a wrong use cannot stay
// "an error" while it becomes another one, with a message nobody can read.
import { dirname, resolve } from 'node:path';
import ts from 'typescript';

/** One comment and what it promises. */
interface Expectation {
  readonly line: number;
  readonly code: number;
  readonly message: RegExp;
}

/** What came of a run. */
export interface WrongUsesReport {
  /** How many wrong uses gave exactly the diagnostic that was promised. */
  readonly confirmed: number;
  /** One sentence for every difference, beginning with `file:line`. */
  readonly problems: readonly string[];
}

const DIRECTIVE = /^\s*(?:\/\/|\{?\/\*)\s*@ts-expect-error\b(.*)$/;
const PROMISE = /^\s*TS(\d+)\s+\/(.+)\/\s*(?:\*\/\}?)?\s*$/;

/**
 * Compiles `files` under the options of `tsconfigPath` and compares.
 * @param overrides text of files that are not on the disk, by absolute path (tests of this helper use it)
 */
export function checkWrongUses(
  files: readonly string[],
  tsconfigPath: string,
  overrides: ReadonlyMap<string, string> = new Map(),
): WrongUsesReport {
  const options = readOptions(tsconfigPath);
  const host = ts.createCompilerHost(options);
  const roots = files.map((file) => resolve(file));
  const checked = new Set(roots);
  const texts = new Map<string, string>();

  const readFromDisk = host.readFile.bind(host);
  const readSource = (path: string): string | undefined => overrides.get(path) ?? readFromDisk(path);
  host.readFile = readSource;
  host.fileExists = (path) => overrides.has(path) || ts.sys.fileExists(path);
  host.getSourceFile = (path, languageVersion) => {
    const text = readSource(path);
    if (text === undefined) return undefined;
    if (!checked.has(resolve(path))) return parseOnce(path, text, languageVersion);
    texts.set(resolve(path), text);
    // Same length, so that every position stays what it was.
    return ts.createSourceFile(
      path,
      text.replaceAll('@ts-expect-error', '@ts-EXPECTED-error'),
      languageVersion,
    );
  };

  const program = ts.createProgram(roots, options, host);
  const problems: string[] = [];
  let confirmed = 0;
  for (const file of roots) {
    const sourceFile = program.getSourceFile(file);
    const text = texts.get(file);
    if (sourceFile === undefined || text === undefined) {
      problems.push(`${file}:1 cannot be read.`);
      continue;
    }
    const expectations = readExpectations(file, text, problems);
    const found = [
      ...program.getSyntacticDiagnostics(sourceFile),
      ...program.getSemanticDiagnostics(sourceFile),
    ];
    confirmed += compare(file, sourceFile, expectations, found, problems);
  }
  return { confirmed, problems };
}

/** Libraries and sources are the same in every run: parsed once per process. */
const parsedFiles = new Map<string, ts.SourceFile>();

function parseOnce(
  path: string,
  text: string,
  languageVersion: ts.ScriptTarget | ts.CreateSourceFileOptions,
): ts.SourceFile {
  const known = parsedFiles.get(path);
  if (known?.text === text) return known;
  const parsed = ts.createSourceFile(path, text, languageVersion);
  parsedFiles.set(path, parsed);
  return parsed;
}

function readOptions(tsconfigPath: string): ts.CompilerOptions {
  const file = ts.readConfigFile(tsconfigPath, ts.sys.readFile);
  if (file.error !== undefined)
    throw new Error(ts.flattenDiagnosticMessageText(file.error.messageText, '\n'));
  const config: unknown = file.config;
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, dirname(resolve(tsconfigPath)));
  return { ...parsed.options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false };
}

/** The promises of a file, by the line they are about: the next one that is not a comment. */
function readExpectations(file: string, text: string, problems: string[]): Expectation[] {
  const lines = text.split('\n');
  const expectations: Expectation[] = [];
  for (const [index, line] of lines.entries()) {
    const directive = DIRECTIVE.exec(line);
    if (directive === null) continue;
    const promise = PROMISE.exec(directive[1] ?? '');
    if (promise === null) {
      problems.push(
        `${file}:${index + 1} does not say which error it expects: // @ts-expect-error TS2345 /message/`,
      );
      continue;
    }
    let about = index + 1;
    while (/^\s*(?:\/\/|\{\/\*|$)/.test(lines[about] ?? '')) about += 1;
    expectations.push({ line: about, code: Number(promise[1]), message: new RegExp(promise[2] ?? '', 's') });
  }
  return expectations;
}

function compare(
  file: string,
  sourceFile: ts.SourceFile,
  expectations: readonly Expectation[],
  found: readonly ts.Diagnostic[],
  problems: string[],
): number {
  const open = new Set(expectations);
  let confirmed = 0;
  for (const diagnostic of found) {
    const line = sourceFile.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line;
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
    const expectation = [...open].find(
      (candidate) =>
        candidate.line === line && candidate.code === diagnostic.code && candidate.message.test(message),
    );
    if (expectation === undefined) {
      problems.push(`${file}:${line + 1} gives TS${diagnostic.code}, which nothing promises: ${message}`);
    } else {
      open.delete(expectation);
      confirmed += 1;
    }
  }
  for (const { line, code, message } of open) {
    problems.push(`${file}:${line + 1} should give TS${code} ${String(message)} and does not.`);
  }
  return confirmed;
}
