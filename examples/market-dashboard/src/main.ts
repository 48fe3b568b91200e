// Entry of the demo: reads the flags, builds the page if needed, starts, and says where to look.
import { spawn } from 'node:child_process';
import { readRecording } from './feed/capture/recording-file.js';
import { HELP, parseOptions } from './options.js';
import { buildPage, isPageFresh, PAGE_FOLDER } from './page/build-page.js';
import { startDemo } from './server/demo.js';
import { whyNotStarted } from './why-not-started.js';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function openBrowser(url: string): void {
  const [command, ...before] =
    process.platform === 'darwin'
      ? ['open']
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start']
        : ['xdg-open'];
  const child = spawn(command ?? 'xdg-open', [...before, url], { stdio: 'ignore', detached: true });
  child.on('error', () => say(`No browser could be opened; the page is at ${url}`));
  child.unref();
}

async function run(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2));
  if (parsed.kind === 'help') {
    say(HELP);
    return 0;
  }
  if (parsed.kind === 'refused') {
    process.stderr.write(`${parsed.message} See --help.\n`);
    return 2;
  }
  const { options } = parsed;
  try {
    // First what may be wrong with the words: nobody waits for a page to hear that a file is missing.
    const recording = options.replay === null ? null : await readRecording(options.replay);
    if (!isPageFresh()) {
      say('Building the page …');
      await buildPage();
    }
    const demo = await startDemo(options, recording, PAGE_FOLDER, say);
    say(
      options.replay === null
        ? `Simulated market, ${options.rate} updates a second, seed ${options.seed}`
        : `Replay of ${options.replay}${options.once ? ', once' : ''}`,
    );
    say(`Market dashboard: ${demo.url}`);
    if (options.open) openBrowser(demo.url);
    const end = (): void => {
      void demo.stop().then(() => process.exit(0));
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
    return 0;
  } catch (error) {
    const why = whyNotStarted(error, options);
    if (why === null) throw error;
    process.stderr.write(`${why}\n`);
    return 1;
  }
}

process.exitCode = await run();
