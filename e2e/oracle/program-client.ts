// A client that is another program: it gets the URL as its last argument and writes one JSON object a line.
//
//   {"state":{"channel":"book/XBT%2FCHF","offset":12,"checksum":4105471083}}   after every frame of a book it applied
//   {"event":17}                                                              every event of `messages`, its `sequence`
//   {"lost":[3,9]}                                                            the `lost` of an `rst` of `messages`
//   {"recovery":"range"}                                                      the `m` of an entry, if it sent a cursor
//   {"book":{"channel":"book/XBT%2FCHF","offset":99,"levels":{"bid:1.5":"2.0"}}}   each book, once it is done
//
// It is done, and ends, when `run` says `finished`, it has all `messages` of it, and its `report` was accepted.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import * as z from 'zod/mini';
import type { HeldBook, OracleClientFactory } from './oracle-client.js';

const line = z.union([
  z.object({ state: z.object({ channel: z.string(), offset: z.int(), checksum: z.int() }) }),
  z.object({ event: z.int() }),
  z.object({ lost: z.tuple([z.int(), z.int()]) }),
  z.object({ recovery: z.enum(['same', 'full', 'range', 'tail', 'reset']) }),
  z.object({
    book: z.object({ channel: z.string(), offset: z.int(), levels: z.record(z.string(), z.string()) }),
  }),
]);

/** Runs `command` (a program and its arguments) as the client. */
export function createProgramOracleClient(command: readonly string[]): OracleClientFactory {
  return (url, _pairs, observer) => {
    const [program = '', ...args] = command;
    const child = spawn(program, [...args, url], { stdio: ['ignore', 'pipe', 'inherit'] });
    const books = new Map<string, { readonly offset: number; readonly levels: HeldBook }>();
    const ended = new Promise<void>((resolve, reject) => {
      child.once('error', (error) => reject(new Error(`${program}: ${error.message}`)));
      child.once('close', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`${program} ended with exit code ${String(code)}`));
      });
    });
    ended.catch(() => undefined);
    createInterface({ input: child.stdout }).on('line', (text) => {
      const said = line.parse(JSON.parse(text));
      if ('state' in said) observer.onState(said.state.channel, said.state.offset, said.state.checksum);
      else if ('event' in said) observer.onEvent(said.event);
      else if ('lost' in said) observer.onEventsLost(...said.lost);
      else if ('recovery' in said) observer.onRecovery(said.recovery);
      else
        books.set(said.book.channel, {
          offset: said.book.offset,
          levels: new Map(Object.entries(said.book.levels)),
        });
    });

    return {
      async settle(heads, timeoutMs) {
        const late = new Promise<never>((_resolve, reject) => {
          setTimeout(() => reject(new Error(`${program} did not end in time`)), timeoutMs).unref();
        });
        await Promise.race([ended, late]);
        for (const [channel, { offset }] of books) {
          if (heads.get(channel) !== offset)
            throw new Error(`${channel} ended at ${String(offset)}, not at the head`);
        }
      },
      books: () => new Map([...books].map(([channel, { levels }]) => [channel, levels])),
      close: async () => {
        child.kill();
        await ended.catch(() => undefined);
      },
    };
  };
}
