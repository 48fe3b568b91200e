import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../clock/virtual-clock.js';
import { SeededRandom } from '../random/seeded-random.js';
import { VirtualNetwork, type VirtualNetworkOptions, type VirtualSocket } from './virtual-network.js';

const text = (data: string) => ({ data, byteLength: data.length });

/** A connection between two machines, with a log of what each end was told and when. */
async function connected(options: Partial<VirtualNetworkOptions> = {}) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock, conditions: { latencyMs: 10 }, ...options });
  const client = clock.machine();
  const server = clock.machine();
  const log: string[] = [];
  const events = (end: string) => ({
    onOpen: () => log.push(`${end} open @${clock.monotonicMs()}`),
    onMessage: (data: string) => log.push(`${end} got ${data} @${clock.monotonicMs()}`),
    onDrain: () => log.push(`${end} drained @${clock.monotonicMs()}`),
    onClose: (code: number, reason: string) =>
      log.push(`${end} closed ${code} ${reason} @${clock.monotonicMs()}`),
  });
  let serverSocket: VirtualSocket | undefined;
  network.listen('s1', {
    machine: server,
    accept: (socket) => {
      serverSocket = socket;
      return events('server');
    },
  });
  const clientSocket = network.connect('s1', client, events('client'));
  await clock.advance(100);
  const [connection] = network.connections;
  if (serverSocket === undefined || connection === undefined) throw new Error('the connection did not open');
  expect(log.splice(0)).toEqual(['client open @30']);
  return { clock, network, client, server, clientSocket, serverSocket, connection, log };
}

describe('VirtualNetwork', () => {
  it('carries messages in order, each after its latency', async () => {
    const { clock, clientSocket, serverSocket, log } = await connected();
    clientSocket.write([text('a'), text('b')]);
    await clock.advance(5);
    serverSocket.write([text('c')]);
    await clock.advance(20);
    expect(log).toEqual(['server got a @110', 'server got b @110', 'client got c @115']);
  });

  it('keeps the order under jitter', async () => {
    const { clock, clientSocket, log } = await connected({ conditions: { latencyMs: 10, jitterMs: 50 } });
    const sent = Array.from({ length: 100 }, (_, i) => `m${i}`);
    for (const data of sent) clientSocket.write([text(data)]);
    await clock.advance(1_000);
    expect(log.map((line) => line.split(' ')[2])).toEqual(sent);
  });

  it('closes behind what was written, at both ends', async () => {
    const { clock, network, serverSocket, log } = await connected();
    serverSocket.write([text('last')]);
    serverSocket.close(4400, 'drain');
    serverSocket.write([text('too late')]);
    await clock.advance(100);
    expect(log).toEqual([
      'client got last @110',
      'client closed 4400 drain @110',
      'server closed 4400 drain @120',
    ]);
    expect(network.connections).toEqual([]);
  });

  it('gives up a close that nobody answers after two seconds', async () => {
    const { clock, serverSocket, connection, log } = await connected();
    connection.blackHole();
    serverSocket.close(4301, 'slow');
    await clock.advance(5_000);
    expect(log).toContain('server closed 1006  @2100');
  });

  it('loses what is under way at a reset, and tells both ends', async () => {
    const { clock, clientSocket, connection, log } = await connected();
    clientSocket.write([text('lost')]);
    connection.reset();
    await clock.advance(100);
    expect(log).toEqual(['client closed 1006  @110', 'server closed 1006  @110']);
  });

  it('resets in the middle of a batch', async () => {
    const { clock, serverSocket, connection, log } = await connected();
    connection.resetAfter(2, 'toClient');
    serverSocket.write(['1', '2', '3', '4'].map(text));
    await clock.advance(100);
    expect(log.filter((line) => line.startsWith('client got'))).toEqual([
      'client got 1 @110',
      'client got 2 @110',
    ]);
    expect(log).toContain('client closed 1006  @120');
  });

  it('resets after any byte: what was not whole is lost', async () => {
    for (const [bytes, got] of [
      [0, []],
      [1, ['1']],
      [2, ['1']],
      [3, ['1', '23']],
    ] as const) {
      const { clock, serverSocket, connection, log } = await connected();
      connection.resetAfterBytes(bytes, 'toClient');
      serverSocket.write(['1', '23', '4'].map(text));
      await clock.advance(100);
      expect(log.filter((line) => line.startsWith('client got'))).toEqual(
        got.map((data) => `client got ${data} @110`),
      );
      expect(log).toContain('client closed 1006  @120');
    }
  });

  it('swallows everything while half-open, without a word, and delivers it in order when healed', async () => {
    const { clock, clientSocket, serverSocket, connection, log } = await connected();
    connection.blackHole();
    clientSocket.write([text('a')]);
    serverSocket.write([text('b')]);
    await clock.advance(60_000);
    expect(log).toEqual([]);
    expect(serverSocket.bufferedBytes).toBe(0);
    clientSocket.write([text('c')]);
    await clock.advance(10);
    connection.heal();
    clientSocket.write([text('d')]);
    await clock.advance(100);
    expect(log.filter((line) => line.startsWith('server')).map((line) => line.split(' ')[2])).toEqual([
      'a',
      'c',
      'd',
    ]);
  });

  it('fills the sender once a stalled reader has a full window, and drains when it reads again', async () => {
    const { clock, serverSocket, connection, log } = await connected({
      conditions: { latencyMs: 10, windowBytes: 4 },
    });
    connection.pipe('toClient')?.stall();
    for (const data of ['aa', 'bb', 'cc', 'dd']) serverSocket.write([text(data)]);
    await clock.advance(1_000);
    expect(serverSocket.bufferedBytes).toBe(4);
    expect(log).toEqual([]);
    connection.heal();
    await clock.advance(1_000);
    expect(serverSocket.bufferedBytes).toBe(0);
    expect(log.map((line) => line.split(' @')[0])).toEqual([
      'client got aa',
      'client got bb',
      'server drained',
      'client got cc',
      'client got dd',
    ]);
  });

  it('reads no faster than told', async () => {
    const { clock, serverSocket, log } = await connected({ conditions: { latencyMs: 10, bytesPerMs: 0.1 } });
    serverSocket.write([text('12345'), text('12345')]);
    await clock.advance(1_000);
    expect(log).toEqual(['client got 12345 @160', 'client got 12345 @210']);
  });

  it('refuses where nobody listens and keeps silent where connects are swallowed', async () => {
    const { clock, network, client } = await connected();
    const log: string[] = [];
    const events = { onMessage: () => undefined, onClose: (code: number) => log.push(String(code)) };
    network.connect('nowhere', client, events);
    await clock.advance(100);
    expect(log).toEqual(['1006']);
    network.swallowsConnects = true;
    const silent = network.connect('s1', client, events);
    await clock.advance(100_000);
    expect(log).toEqual(['1006']);
    silent.terminate();
    await clock.advance(100);
    expect(log).toEqual(['1006', '1006']);
  });

  it('cuts what a halted machine had, and tells only the other end', async () => {
    const { clock, network, server, log } = await connected();
    server.halt();
    network.cutMachine(server);
    await clock.advance(100);
    expect(log).toEqual(['client closed 1006  @110']);
    expect(network.connections).toEqual([]);
  });

  it('shows a tap every message, which may lose or replace it', async () => {
    const seen: string[] = [];
    const { clock, clientSocket, log } = await connected({
      random: new SeededRandom(1),
      tap: ({ direction, data }) => {
        seen.push(`${direction} ${data}`);
        return data === 'b' ? 'lose' : data === 'c' ? { data: 'C' } : undefined;
      },
    });
    clientSocket.write(['a', 'b', 'c'].map(text));
    await clock.advance(100);
    expect(seen).toEqual(['toServer a', 'toServer b', 'toServer c']);
    expect(log).toEqual(['server got a @110', 'server got C @110']);
  });
});
