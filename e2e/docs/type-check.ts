// Type check: all programs of all pages in one run of the compiler, under the repository's own options.
import { dirname, resolve } from 'node:path';
import ts from 'typescript';

/** One sentence for every diagnostic in `files`, with file and line as `where` tells them. */
export function typeCheck(
  files: readonly string[],
  tsconfigPath: string,
  where: (file: string, line: number) => string,
): readonly string[] {
  const { config, error } = ts.readConfigFile(tsconfigPath, (path) => ts.sys.readFile(path)) as {
    config: unknown;
    error?: ts.Diagnostic;
  };
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, dirname(tsconfigPath));
  const program = ts.createProgram(files, { ...options, noEmit: true });
  return files.flatMap((file) => {
    const source = program.getSourceFile(resolve(file));
    if (source === undefined) return [`${file} cannot be read.`];
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ start, code, messageText }) => {
        const { line } = source.getLineAndCharacterOfPosition(start ?? 0);
        return `${where(file, line)} TS${code}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      },
    );
  });
}
