// Exchange: a question and its whole answer, over a raw socket.
import type { HeardFrame, RawSocket } from './raw-socket.js';

/** One channel of the answer to `sub`. */
export interface Entry {
  readonly c: string;
  readonly e?: string;
  readonly o?: number;
  readonly kind?: string;
  readonly err?: { readonly c: string };
}

let asked = 1_000;

/** Asks for channels in one `sub`; the entries in the order of the question, however many frames they came in. */
export async function subscribe(
  socket: RawSocket,
  wishes: readonly (string | { readonly c: string })[],
): Promise<readonly Entry[]> {
  const id = ++asked;
  const ch = wishes.map((wish) => (typeof wish === 'string' ? { c: wish } : wish));
  socket.say({ t: 'sub', id, ch });
  const wanted = new Set(ch.map(({ c }) => c));
  const entries: Entry[] = [];
  while (entries.length < wanted.size) entries.push(...((await socket.hearType('subd', id))['r'] as Entry[]));
  if (entries.length > wanted.size) throw new Error(`${entries.length} answers for ${wanted.size} channels`);
  return ch.map(({ c }) => entries.find((entry) => entry.c === c)!);
}

/** Calls a command; the input and what follows it are raw JSON, so that they need not be what a serializer would write. */
export async function call(socket: RawSocket, method: string, input: string, more = ''): Promise<HeardFrame> {
  const id = ++asked;
  socket.sayText(`{"t":"req","id":${id},"m":${JSON.stringify(method)},"v":${input}${more}}`);
  return socket.hearType('res', id);
}
