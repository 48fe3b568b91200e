import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { SocketWriter } from './socket-writer.js';

/** A socket whose kernel is the test: it takes bytes at once, or when told to. */
class KernelInHand {
  readonly stream = new Socket();
  readonly taken: string[] = [];
  isFull = false;
  #take: (error?: Error) => void = () => undefined;

  constructor() {
    this.stream.on('error', () => undefined);
    this.stream._write = (chunk: Buffer | string, _encoding, callback) => {
      const take = (error?: Error): void => {
        if (error === undefined) this.taken.push(chunk.toString());
        callback(error);
      };
      if (this.isFull) this.#take = take;
      else take();
    };
    // Node would gather what is corked in one call; one by one shows the same order.
    Object.assign(this.stream, { _writev: null });
  }

  /** Takes the one chunk it was handed while full, or fails. */
  take(error?: Error): void {
    this.#take(error);
  }
}

describe('a plain TCP socket', () => {
  test('that takes everything is handed the bytes without its queue', () => {
    const { stream, taken } = new KernelInHand();
    const write = vi.spyOn(stream, 'write');
    const writer = new SocketWriter(stream);
    writer.writeBytes(Buffer.from('a'));
    writer.writeBytes('b');
    expect(taken).toEqual(['a', 'b']);
    expect(writer.bufferedBytes).toBe(0);
    expect(write).not.toHaveBeenCalled();
  });

  test('that is full keeps the order of everybody who writes, counts it, and tells when all is gone', () => {
    const kernel = new KernelInHand();
    const { stream, taken } = kernel;
    const writer = new SocketWriter(stream);
    const drained = vi.fn();
    writer.onDrain(drained);
    kernel.isFull = true;
    writer.writeBytes('one ');
    stream.write('pong ');
    writer.writeBytes('two');
    expect(writer.bufferedBytes).toBe('one pong two'.length);
    expect(taken).toEqual([]);
    kernel.isFull = false;
    kernel.take();
    expect(taken.join('')).toBe('one pong two');
    expect(writer.bufferedBytes).toBe(0);
    expect(drained).toHaveBeenCalledTimes(1);
    writer.writeBytes('!');
    expect(taken.at(-1)).toBe('!');
    expect(drained).toHaveBeenCalledTimes(1);
  });

  test('that stays full tells when the little that waited behind is gone too', async () => {
    const kernel = new KernelInHand();
    const writer = new SocketWriter(kernel.stream);
    const drained = new Promise<void>((resolve) => writer.onDrain(resolve));
    const early = vi.fn();
    void drained.then(early);
    kernel.isFull = true;
    writer.writeBytes('one');
    writer.writeBytes('two');
    kernel.take();
    await Promise.resolve();
    expect(kernel.taken).toEqual(['one']);
    expect(early).not.toHaveBeenCalled();
    kernel.isFull = false;
    kernel.take();
    await drained;
    expect(kernel.taken.join('')).toBe('onetwo');
    expect(writer.bufferedBytes).toBe(0);
  });

  test.each(['at once', 'later'])('that fails %s is destroyed, and nobody waits for it', async (when) => {
    const kernel = new KernelInHand();
    const closed = new Promise((resolve) => kernel.stream.on('close', resolve));
    const writer = new SocketWriter(kernel.stream);
    const drained = vi.fn();
    writer.onDrain(drained);
    kernel.isFull = true;
    if (when === 'at once')
      kernel.stream._write = (_chunk, _encoding, callback) => callback(new Error('reset'));
    writer.writeBytes('one');
    writer.writeBytes('two');
    if (when === 'later') kernel.take(new Error('reset'));
    expect(kernel.stream.destroyed).toBe(true);
    await closed;
    expect(drained).not.toHaveBeenCalled();
  });
});

test('any other stream is written to as usual', () => {
  const chunks: string[] = [];
  const stream = new Duplex({
    decodeStrings: false,
    write: (chunk: Buffer | string, _encoding, callback) => {
      chunks.push(chunk.toString());
      callback();
    },
  });
  const write = vi.spyOn(stream, 'write');
  const writer = new SocketWriter(stream);
  writer.writeBytes('a');
  expect(chunks).toEqual(['a']);
  expect(write).toHaveBeenCalledTimes(1);
});

describe('any other stream that answers later', () => {
  const later = () => {
    const answers: (() => void)[] = [];
    const stream = new Duplex({ write: (_chunk, _encoding, callback) => void answers.push(callback) });
    const writer = new SocketWriter(stream);
    const drained = vi.fn();
    writer.onDrain(drained);
    const answer = async () => {
      answers.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    };
    return { writer, drained, answer };
  };

  test('tells when all is gone, however little it held', async () => {
    const { writer, drained, answer } = later();
    writer.writeBytes('one');
    writer.writeBytes('two');
    expect(writer.bufferedBytes).toBe(6);
    await answer();
    expect(drained).not.toHaveBeenCalled();
    await answer();
    expect(writer.bufferedBytes).toBe(0);
    expect(drained).toHaveBeenCalled();
    drained.mockClear();
    writer.writeBytes('three');
    await answer();
    expect(drained).toHaveBeenCalledTimes(1);
  });

  test('tells nobody when it has failed', async () => {
    const stream = new Duplex({ write: (_chunk, _encoding, callback) => callback(new Error('reset')) });
    stream.on('error', () => undefined);
    const writer = new SocketWriter(stream);
    const drained = vi.fn();
    writer.onDrain(drained);
    writer.writeBytes('one');
    await new Promise((resolve) => setImmediate(resolve));
    expect(drained).not.toHaveBeenCalled();
  });
});

test('a plain TCP socket tells when what was written behind its last word is gone too', async () => {
  const kernel = new KernelInHand();
  const writer = new SocketWriter(kernel.stream);
  const left: number[] = [];
  writer.onDrain(() => left.push(writer.bufferedBytes));
  kernel.isFull = true;
  writer.writeBytes('one');
  writer.writeBytes('two');
  kernel.take();
  // `two` is with the kernel; this waits in the stream, behind the question when that is gone.
  writer.writeBytes('three');
  for (let taken = 0; taken < 3; taken++) {
    kernel.take();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(kernel.taken.join('')).toBe('onetwothree');
  expect(left.at(-1)).toBe(0);
});

test('a real peer that reads late gets every byte in order', async () => {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [stream] = await accepted;
  const writer = new SocketWriter(stream);
  const drained = new Promise<void>((resolve) => writer.onDrain(resolve));
  let sent = '';
  // Until the kernels on the way hold no more, and then some: bytes and text, small and large.
  for (let n = 0, after = 0; after < 50; n++) {
    const text = `${n}:${'x'.repeat(n % 7 === 0 ? 200_000 : n % 100)};`;
    writer.writeBytes(n % 2 === 0 ? text : Buffer.from(text));
    sent += text;
    if (writer.bufferedBytes > 0) after++;
  }
  let received = '';
  peer.on('data', (data: Buffer) => (received += data.toString()));
  await drained;
  expect(writer.bufferedBytes).toBe(0);
  stream.end();
  await once(peer, 'end');
  expect(received === sent).toBe(true);
  peer.destroy();
  server.close();
});

test('a large write is seen to leave in part, though it counts as buffered until all of it has', async () => {
  const listener = createServer({ pauseOnConnect: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const stream = connect((listener.address() as AddressInfo).port, '127.0.0.1');
  const [[reader]] = (await Promise.all([once(listener, 'connection'), once(stream, 'connect')])) as [
    [Socket],
    unknown,
  ];
  const writer = new SocketWriter(stream);
  const size = 64 * 1_048_576;
  writer.writeBytes(Buffer.alloc(size));
  const before = writer.takenBytes ?? NaN;
  expect(before).toBeLessThan(size);
  expect(writer.bufferedBytes).toBe(size);
  reader.resume();
  await vi.waitUntil(() => (writer.takenBytes ?? NaN) > before);
  await vi.waitUntil(() => writer.takenBytes === size && writer.bufferedBytes === 0);
  stream.destroy();
  reader.destroy();
  expect(writer.takenBytes).toBeUndefined();
  listener.close();
});

test('a stream without a handle tells nothing of the kind', () => {
  expect(new SocketWriter(new Duplex()).takenBytes).toBeUndefined();
});
