// Shell commands: whether the commands of a page exist as it writes them. Runs nothing but `--help`.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface Manifest {
  readonly name?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** How a file of a page is run from source. */
const FROM_SOURCE = ['--conditions=@tickwire/source', '--import', 'tsx'];

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8')) as Manifest;

/** Checks the commands of pages against one repository. */
export class ShellCommands {
  readonly #root: string;
  readonly #manifest: Manifest;
  readonly #helps = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
    this.#manifest = readManifest(root);
  }

  /**
   * @param files names of the files of the page's program
   * @returns what is wrong with a line, as a sentence without a subject; `null` if nothing is
   */
  problemOf(line: string, files: readonly string[]): string | null {
    const [program = '', ...words] = line
      .replace(/\s+#.*$/, '')
      .trim()
      .split(/\s+/);
    if (program === '' || program === '#') return null;
    switch (program) {
      case 'npm':
        return this.#npm(words);
      case 'node':
        return node(words, files);
      case 'git':
        return words[0] === 'clone' ? null : `runs "git ${words.join(' ')}", which nothing tries.`;
      case 'npx':
        return words.join(' ') === 'vite' ? null : `runs "npx ${words.join(' ')}", which nothing tries.`;
      case 'cd':
      case 'mkdir':
        return null;
      default:
        return `runs "${program}", which nothing tries.`;
    }
  }

  #npm([action = '', ...rest]: readonly string[]): string | null {
    if (action === 'ci') return rest.length === 0 ? null : 'gives options to npm ci.';
    if (action === 'install') return this.#install(rest);
    const isRun = action === 'run';
    const name = isRun ? (rest[0] ?? '') : action;
    if (!isRun && action !== 'test') return `runs "npm ${action}", which nothing tries.`;
    const script = this.#manifest.scripts?.[name];
    if (script === undefined) return `runs the npm script "${name}", which package.json does not have.`;
    const [separator, ...given] = isRun ? rest.slice(1) : rest;
    if (separator === undefined) return null;
    if (separator !== '--') return `gives "${separator}" to npm, not to the script: write -- before it.`;
    const flags = given.filter((word) => word.startsWith('--'));
    const help = flags.length > 0 ? this.#help(name, script) : '';
    const unknown = flags.filter((flag) => !new RegExp(`${flag}(?![\\w-])`).test(help));
    return unknown.length === 0
      ? null
      : `gives ${unknown.join(', ')} to "${name}", which its --help does not name.`;
  }

  #install(words: readonly string[]): string | null {
    const packages = words.filter((word) => !word.startsWith('-'));
    const known = new Set(Object.keys({ ...this.#manifest.dependencies, ...this.#manifest.devDependencies }));
    const unknown = packages.filter(
      (name) =>
        !known.has(name) &&
        !existsSync(resolve(this.#root, 'packages', name.replace('@tickwire/', ''), 'package.json')),
    );
    return unknown.length === 0
      ? null
      : `installs ${unknown.join(', ')}, which this repository does not know.`;
  }

  #help(name: string, script: string): string {
    const known = this.#helps.get(name);
    if (known !== undefined) return known;
    const [program = '', ...words] = script.split(/\s+/);
    if (program !== 'node') throw new Error(`The script ${name} cannot be asked for --help: ${script}`);
    const help = execFileSync(process.execPath, [...words, '--help'], {
      cwd: this.#root,
      encoding: 'utf8',
      timeout: 20_000,
    });
    this.#helps.set(name, help);
    return help;
  }
}

function node(words: readonly string[], files: readonly string[]): string | null {
  const file = words.at(-1) ?? '';
  if (words.slice(0, -1).join(' ') !== FROM_SOURCE.join(' '))
    return `runs node with other options than ${FROM_SOURCE.join(' ')}.`;
  const name = file.split('/').at(-1) ?? '';
  return files.includes(name) ? null : `runs ${file}, which no block of the page writes.`;
}
