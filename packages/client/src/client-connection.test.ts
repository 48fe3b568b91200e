import { describe, expect, test } from 'vitest';
import { createClient } from './client.js';
import { setUp } from './test-support/set-up.js';
import { market } from './test-support/market.js';

describe('opening', () => {
  test('making a client opens nothing; the first interest does', async () => {
    const { client, clock, server, price } = setUp();
    await clock.advance(10_000);
    expect(server.pipes).toHaveLength(0);
    expect(client.connection.getSnapshot()).toMatchObject({ status: 'disconnected', reason: null });
    price.retain();
    await clock.settle();
    expect(server.pipes).toHaveLength(1);
    expect(server.pipe.request).toEqual({ url: 'ws://test', protocols: ['tickwire.v1+json', 'tickwire'] });
    expect(client.connection.getSnapshot()).toMatchObject({ status: 'connected', sessionId: 's' });
  });

  test('a command opens it too, and waits for it', async () => {
    const { client, clock, server } = setUp();
    server.onRequest = (frame, pipe) => pipe.send({ t: 'res', id: frame.id, v: { id: 'o1' } });
    const placed = client.command('place', { qty: 1 });
    await clock.settle();
    await expect(placed).resolves.toEqual({ id: 'o1' });
  });

  test('with connect: manual nothing but connect() opens it', async () => {
    const { client, clock, server, price } = setUp({ connect: 'manual' });
    price.retain();
    await expect(client.command('place', { qty: 1 })).rejects.toMatchObject({
      code: 'unavailable',
      executed: 'no',
    });
    await clock.settle();
    expect(server.pipes).toHaveLength(0);
    client.connect();
    await clock.settle();
    expect(price.getSnapshot().status).toBe('live');
  });

  test('hello, subscriptions and waiting commands leave as one message', async () => {
    const { client, clock, server, price, book } = setUp();
    price.retain();
    book.retain();
    client.command('place', { qty: 1 }).catch(() => undefined);
    await clock.settle();
    expect(server.pipe.messages).toHaveLength(1);
    expect(server.pipe.received.map(({ t }) => t)).toEqual(['hello', 'req', 'sub']);
    expect(server.pipe.of('hello')[0]).toEqual({ t: 'hello', v: 1, caps: ['delta'], lim: { in: 1_048_576 } });
    client.close();
  });

  test('the contract is named when it was given', async () => {
    const { server, clock } = setUp();
    const client = createClient(market, {
      url: 'ws://x',
      transport: server.transport,
      clock,
      logger: () => undefined,
    });
    client.connect();
    await clock.settle();
    expect(server.pipe.of('hello')[0]?.contract).toEqual({ name: 'market', ver: '1.2.3' });
  });

  test('what does not fit the first message waits for welcome', async () => {
    const { client, clock, server } = setUp();
    server.onHello = () => undefined;
    for (let i = 0; i < 900; i++)
      client.channel('price/{symbol}', { symbol: `${i}`.padStart(60, '0') }).retain();
    await clock.settle();
    expect(server.pipe.messages).toHaveLength(1);
    expect(server.pipe.messages[0]!.length).toBeLessThanOrEqual(65_536);
    server.greet(server.pipe);
    await clock.settle();
    const subs = server.pipe.of('sub');
    expect(subs.flatMap(({ ch }) => ch)).toHaveLength(900);
    expect(new Set(subs.map(({ id }) => id)).size).toBe(subs.length);
    expect(Math.max(...subs.map(({ ch }) => ch.length))).toBe(200);
    expect(Math.max(...server.pipe.messages.map((message) => message.length))).toBeLessThanOrEqual(65_536);
  });

  test('a path is taken from the page; without a page a url is needed', () => {
    const { environment } = setUp();
    const client = createClient({
      environment: { ...environment, urlOf: () => undefined },
      logger: () => undefined,
    });
    expect(() => client.connect()).toThrow('createClient needs a url with ws: or http:');
    expect(client.connection.getSnapshot().status).toBe('disconnected');
  });

  test('a url without its scheme is named at once, a command rejects with it', async () => {
    const { client } = setUp({ url: 'localhost:8080/tickwire' });
    expect(() => client.connect()).toThrow('needs a url with ws: or http:');
    await expect(client.command('place', { qty: 1 })).rejects.toMatchObject({
      name: 'TickwireError',
      code: 'connection_failed',
      executed: 'no',
    });
  });

  test('after close nothing can be opened, by a listener of the close neither', async () => {
    const { client, server, clock } = setUp();
    client.connect();
    await clock.settle();
    let ended: unknown = 'never';
    client.on('disconnected', () => {
      client.command('place', { qty: 1 }, { queue: true }).catch((error: unknown) => {
        ended = error;
      });
      client.connect();
    });
    client.close();
    await clock.advance(60_000);
    expect(server.live).toHaveLength(0);
    expect(ended).toMatchObject({ code: 'cancelled' });
    expect(() => client.connect()).toThrow('client closed');
  });

  test('every attempt is logged with what ended the one before', async () => {
    const lines: unknown[] = [];
    const { client, clock, server } = setUp({
      debug: true,
      logger: (_level, message, data) => lines.push([message, data]),
      reconnect: { jitter: 0 },
    });
    server.opens = false;
    client.connect();
    await clock.settle();
    server.pipe.close(1006);
    await clock.advance(1_000);
    expect(lines).toContainEqual(['connecting', { attempts: 1, reason: null }]);
    expect(lines).toContainEqual([
      'connecting',
      { attempts: 2, reason: expect.objectContaining({ closeCode: 1006 }) as unknown },
    ]);
  });

  test('what getToken threw is logged', async () => {
    const lines: unknown[] = [];
    const cause = new Error('login is down');
    const { client, clock } = setUp({
      logger: (_level, message, data) => lines.push([message, data]),
      getToken: () => {
        throw cause;
      },
    });
    client.connect();
    await clock.settle();
    expect(lines).toContainEqual(['No token', { code: 'unauthenticated', cause }]);
  });

  test('a client that gave up says so of its channels and commands', async () => {
    const { client, clock, price, server } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    price.retain();
    await clock.settle();
    server.pipe.close(4103);
    await clock.settle();
    expect(price.getSnapshot()).toMatchObject({
      status: 'stale',
      reason: 'error',
      error: { code: 'unavailable' },
    });
    await expect(client.command('place', { qty: 1 })).rejects.toMatchObject({
      code: 'unavailable',
      executed: 'no',
    });
    client.connect();
    await clock.settle();
    expect(price.getSnapshot()).toMatchObject({ status: 'live', error: null });
    server.onHello = (pipe) => {
      pipe.send({ t: 'reject', err: { c: 'banned', m: 'banned' } });
      pipe.close(4103);
    };
    server.pipe.close(1006);
    await clock.advance(5_000);
    expect(price.getSnapshot()).toMatchObject({ status: 'closed', error: { code: 'banned' } });
    await expect(client.command('place', { qty: 1 })).rejects.toMatchObject({
      code: 'banned',
      executed: 'no',
    });
  });

  test('http counts as ws', async () => {
    const { client, clock, server } = setUp({ url: 'https://host/tickwire' });
    client.connect();
    await clock.settle();
    expect(server.pipe.request.url).toBe('wss://host/tickwire');
  });
});

describe('losing it and coming back', () => {
  test('everything is stale in the same tick, and live again after a random delay', async () => {
    const { client, clock, server, price } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    price.retain();
    await clock.settle();
    const seen: string[] = [];
    client.on('disconnected', ({ reason, willRetry }) =>
      seen.push(`${reason?.code} ${willRetry} ${price.getSnapshot().status}`),
    );
    client.on('connected', () => seen.push('connected'));
    server.pipe.close(1006);
    expect(price.getSnapshot()).toMatchObject({
      status: 'stale',
      reason: 'connecting',
      data: { bid: 1, ask: 2 },
    });
    expect(seen).toEqual(['unavailable true stale']);
    expect(client.connection.getSnapshot()).toMatchObject({
      status: 'connecting',
      phase: 'backoff',
      retryAtMs: clock.wallMs() + 125,
    });
    await clock.advance(200);
    expect(seen).toEqual(['unavailable true stale', 'connected']);
    expect(price.getSnapshot().status).toBe('live');
    expect(client.stats()).toMatchObject({ reconnects: 1, connected: true });
  });

  test('a socket that never opens is given up after connectTimeoutMs, a handshake that hangs too', async () => {
    const { client, clock, server } = setUp({ connectTimeoutMs: 2_000 });
    server.opens = false;
    client.connect();
    await clock.advance(2_000);
    expect(server.pipe.closedByClient).not.toBeNull();
    expect(client.connection.getSnapshot()).toMatchObject({
      phase: 'backoff',
      reason: { message: 'Connecting took too long' },
    });
    server.opens = true;
    server.onHello = () => undefined;
    await clock.advance(1_000);
    expect(client.connection.getSnapshot().phase).toBe('handshake');
    await clock.advance(1_200);
    expect(client.connection.getSnapshot().phase).toBe('backoff');
    expect(server.live).toHaveLength(0);
  });

  test('attempts that are used up end it with an event, and connect() begins anew', async () => {
    const { client, clock, server } = setUp({ reconnect: { maxAttempts: 3 } });
    const failed: unknown[] = [];
    client.on('connection_failed', ({ attempts, reason }) =>
      failed.push([attempts, reason?.code, reason?.closeCode]),
    );
    server.onHello = (pipe) => pipe.close(1006);
    client.connect();
    await clock.advance(60_000);
    expect(server.pipes).toHaveLength(3);
    expect(failed).toEqual([[3, 'connection_failed', 1006]]);
    server.onHello = null;
    client.connect();
    await clock.settle();
    expect(client.connection.getSnapshot()).toMatchObject({ status: 'connected', attempt: 0, reason: null });
  });

  test('reject leaves everything as it was, and its delay is kept', async () => {
    const { client, clock, server, price } = setUp();
    server.onHello = (pipe) => {
      pipe.send({ t: 'reject', err: { c: 'unavailable', m: 'full', ra: 4_000 } });
      pipe.close(4305);
    };
    price.retain();
    const placed = client.command('place', { qty: 1 }, { queue: true });
    await clock.settle();
    expect(price.getSnapshot()).toMatchObject({ status: 'pending', reason: 'connecting' });
    await clock.advance(3_900);
    expect(server.pipes).toHaveLength(1);
    server.onHello = null;
    server.onRequest = (frame, pipe) => pipe.send({ t: 'res', id: frame.id, v: 'done' });
    await clock.advance(200);
    expect(price.getSnapshot().status).toBe('live');
    await expect(placed).resolves.toBe('done');
  });

  test('disconnect() keeps data as stale, and nothing but connect() comes back', async () => {
    const { client, clock, server, environment, price } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    price.retain();
    await clock.settle();
    client.disconnect();
    expect(server.pipe.closedByClient).toEqual({ code: 1000, reason: '' });
    expect(price.getSnapshot()).toMatchObject({ status: 'stale', data: { bid: 1, ask: 2 } });
    for (const event of ['visible', 'online', 'offline', 'hidden'] as const) environment.emit(event);
    client.channel('status').retain();
    await clock.advance(100_000);
    expect(server.pipes).toHaveLength(1);
    client.connect();
    await clock.settle();
    expect(price.getSnapshot().status).toBe('live');
    expect(server.pipe.of('sub')[0]?.ch[0]).toEqual({ c: 'price/A', e: 'e1', o: 1 });
  });

  test('close() is final: commands reject, nothing is called, nothing is left', async () => {
    const { client, clock, server, environment, price, trades } = setUp();
    price.retain();
    let calls = 0;
    price.subscribe(() => calls++);
    trades.onEvent(() => calls++);
    client.on('status', () => calls++);
    await clock.settle();
    const placed = client.command('place', { qty: 1 });
    await clock.settle();
    client.close();
    await expect(placed).rejects.toMatchObject({ code: 'cancelled', executed: 'maybe' });
    const before = calls;
    server.set('price/A', { bid: 3, ask: 4 });
    server.pipe.sendText('{"t":"ping","k":1}');
    environment.emit('visible');
    await clock.advance(100_000);
    expect(calls).toBe(before);
    expect(clock.timers).toBe(0);
    expect(environment.listeners.size).toBe(0);
    await expect(client.command('place', { qty: 1 })).rejects.toMatchObject({
      code: 'cancelled',
      executed: 'no',
    });
    expect(() => client.connect()).toThrow('closed');
    price.subscribe(() => calls++);
    await clock.advance(10_000);
    expect(calls).toBe(before);
    expect(clock.timers).toBe(0);
    client.close();
  });
});

describe('tokens', () => {
  test('a token is fetched before every connection, with the reason', async () => {
    const reasons: string[] = [];
    const { client, clock, server } = setUp({
      getToken: ({ reason }) => {
        reasons.push(reason);
        return Promise.resolve(`t${reasons.length}`);
      },
    });
    client.connect();
    await clock.settle();
    expect(server.pipe.of('hello')[0]?.auth).toEqual({ token: 't1' });
    server.pipe.close(4201);
    await clock.advance(1_000);
    server.pipe.close(4200);
    await clock.advance(1_000);
    server.pipe.close(1006);
    await clock.advance(1_000);
    expect(reasons).toEqual(['connect', 'expired', 'refused', 'connect']);
  });

  test('a getToken that fails, throws or hangs is reported and tried again, for ever', async () => {
    let round = 0;
    let aborted = 0;
    const { client, clock, server } = setUp({
      tokenTimeoutMs: 500,
      getToken: ({ signal }) => {
        signal.addEventListener('abort', () => aborted++);
        round++;
        if (round === 1) return Promise.reject(new Error('down'));
        if (round === 2) throw new Error('bug');
        if (round === 3) return new Promise(() => undefined);
        return 'ok';
      },
    });
    const errors: string[] = [];
    client.on('error', ({ code, cause }) => errors.push(`${code} ${(cause as Error).message}`));
    client.connect();
    await clock.advance(10_000);
    expect(errors).toEqual([
      'unauthenticated down',
      'unauthenticated bug',
      'unauthenticated getToken took too long',
    ]);
    expect(server.pipe.of('hello')[0]?.auth).toEqual({ token: 'ok' });
    expect(aborted).toBeGreaterThanOrEqual(1);
    expect(client.connection.getSnapshot().status).toBe('connected');
  });

  test('a token that comes after disconnect() opens nothing and is not used for the next connection', async () => {
    const resolvers: ((token: string) => void)[] = [];
    const { client, clock, server } = setUp({
      getToken: () => new Promise((resolve) => resolvers.push(resolve)),
    });
    client.connect();
    await clock.settle();
    client.disconnect();
    resolvers[0]!('old user');
    await clock.advance(1_000);
    expect(server.pipes).toHaveLength(0);
    client.connect();
    await clock.settle();
    resolvers[1]!('new user');
    await clock.settle();
    expect(server.pipe.of('hello')[0]?.auth).toEqual({ token: 'new user' });
  });

  test('reauth is answered by a fresh token on the same connection', async () => {
    let count = 0;
    const { client, clock, server } = setUp({ getToken: ({ reason }) => `${reason}${++count}` });
    client.connect();
    await clock.settle();
    server.pipe.send({ t: 'reauth', in: 60_000 });
    server.pipe.send({ t: 'reauth', in: 60_000 });
    await clock.settle();
    expect(server.pipe.of('auth').map(({ token }) => token)).toContain('reauth2');
    expect(count).toBe(2);
    const errors: string[] = [];
    client.on('error', ({ code }) => errors.push(code));
    server.pipe.send({ t: 'res', id: server.pipe.of('auth').at(-1)!.id, err: { c: 'forbidden' } });
    expect(errors).toEqual(['forbidden']);
    client.reauthenticate();
    await clock.settle();
    expect(server.pipe.of('auth').at(-1)?.token).toBe('reauth3');
    expect(server.pipes).toHaveLength(1);
  });

  test('P-SUB-13 what was refused for good is asked for again with fresh credentials, not before', async () => {
    const { client, clock, server } = setUp({ getToken: () => 'token' });
    const prices = client.channel('price/{symbol}', { symbol: 'A' });
    prices.retain();
    await clock.settle();
    server.pipe.send({
      t: 'subd',
      id: server.pipe.of('sub')[0]!.id,
      r: [{ c: 'price/A', err: { c: 'forbidden' } }],
    });
    prices.retain();
    await clock.advance(30_000);
    expect(server.pipe.of('sub')).toHaveLength(1);
    client.reauthenticate();
    await clock.settle();
    server.pipe.send({ t: 'res', id: server.pipe.of('auth')[0]!.id, err: { c: 'unauthenticated' } });
    await clock.settle();
    expect(server.pipe.of('sub')).toHaveLength(1);
    client.reauthenticate();
    await clock.settle();
    server.pipe.send({ t: 'res', id: server.pipe.of('auth')[1]!.id, v: { ttl: 60_000 } });
    await clock.settle();
    expect(server.pipe.of('sub').map(({ ch }) => ch)).toEqual([[{ c: 'price/A' }], [{ c: 'price/A' }]]);
    expect(prices.getSnapshot()).toMatchObject({ status: 'live', error: null });
  });

  test('no token is ever logged or put into an error', async () => {
    const lines: string[] = [];
    const { client, clock, server } = setUp({
      debug: true,
      logger: (...line) => lines.push(JSON.stringify(line)),
      getToken: () => 'canary-token',
    });
    client.on('error', (error) => lines.push(error.message));
    client.connect();
    await clock.settle();
    server.pipe.send({ t: 'err', err: { c: 'bad_frame', m: 'no' } });
    server.pipe.close(4201);
    await clock.advance(2_000);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join()).not.toContain('canary');
  });
});

describe('life', () => {
  test('a ping is answered, and gives round trip and clock offset', async () => {
    const { client, clock, server } = setUp();
    client.connect();
    await clock.settle();
    server.pipe.send({ t: 'ping', k: 7, rtt: 40, now: clock.wallMs() + 5_000 });
    await clock.settle();
    expect(server.pipe.of('pong')).toEqual([{ t: 'pong', k: 7 }]);
    expect(client.connection.getSnapshot()).toMatchObject({ rttMs: 40, clockOffsetMs: 5_020 });
  });

  test('silence beyond what was announced ends the connection and opens the next', async () => {
    const { client, clock, server } = setUp();
    server.welcome = { ping: { every: 5_000, grace: 3_000 } };
    client.connect();
    await clock.advance(7_900);
    expect(server.pipes).toHaveLength(1);
    await clock.advance(400);
    expect(server.pipes[0]!.closedByClient).not.toBeNull();
    expect(server.pipes).toHaveLength(2);
  });

  test('any frame is a sign of life', async () => {
    const { client, clock, server } = setUp();
    server.welcome = { ping: { every: 5_000, grace: 3_000 } };
    client.connect();
    for (let i = 0; i < 10; i++) {
      await clock.advance(5_000);
      server.pipe.send({ t: 'whatever' });
    }
    expect(server.pipes).toHaveLength(1);
  });

  test('after sleep the client asks before it believes; silence within probeTimeoutMs is the end', async () => {
    const { client, clock, server, environment, price } = setUp();
    price.retain();
    await clock.settle();
    clock.sleep(3_600_000);
    environment.emit('visible');
    await clock.settle();
    expect(server.pipe.of('ping')).toHaveLength(1);
    await clock.advance(10_000);
    expect(server.pipes).toHaveLength(1);
    server.answers = false;
    environment.emit('online');
    await clock.advance(3_200);
    expect(server.pipes).toHaveLength(2);
    expect(client.connection.getSnapshot().status).toBe('connecting');
  });

  test('a command notices silence that nobody noticed', async () => {
    const { client, clock, server } = setUp();
    client.connect();
    await clock.settle();
    clock.sleep(3_600_000);
    client.command('place', { qty: 1 }).catch(() => undefined);
    await clock.settle();
    expect(server.pipe.received.map(({ t }) => t)).toEqual(['hello', 'ping', 'req']);
    client.close();
  });

  test('waking while waiting for the next attempt tries soon', async () => {
    const { client, clock, server, environment } = setUp({
      reconnect: { initialDelayMs: 20_000, jitter: 0 },
    });
    client.connect();
    await clock.settle();
    server.pipe.close(1006);
    environment.emit('offline');
    expect(client.connection.getSnapshot()).toMatchObject({ online: false });
    await clock.advance(15_000);
    environment.emit('online');
    await clock.advance(20_000);
    expect(server.pipes).toHaveLength(2);
    expect(client.connection.getSnapshot()).toMatchObject({ online: true, status: 'connected' });
  });
});

describe('goaway (P-LIVE-7)', () => {
  test('the next connection takes over channel by channel; nothing is missed, told twice or stale', async () => {
    const { client, clock, server, price, trades } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    price.retain();
    const events: number[] = [];
    const statuses = new Set<string>();
    trades.onEvent(({ id }) => events.push(id));
    await clock.settle();
    price.subscribe(({ status }) => statuses.add(status));
    const [first] = server.pipes;
    server.append('trades/A', { id: 1 });
    first!.send({ t: 'goaway', in: 4_000, c: 'drain' });
    server.append('trades/A', { id: 2 });
    let waiting: (() => void) | undefined;
    server.onHello = (pipe) => (waiting = () => server.greet(pipe));
    await clock.advance(1_500);
    expect(server.live).toHaveLength(2);
    server.append('trades/A', { id: 3 });
    waiting?.();
    server.append('trades/A', { id: 4 });
    await clock.settle();
    server.append('trades/A', { id: 5 });
    server.set('price/A', { bid: 1, ask: 3 });
    expect(first!.closedByClient).toEqual({ code: 1000, reason: '' });
    expect(server.live).toHaveLength(1);
    expect(events).toEqual([1, 2, 3, 4, 5]);
    expect([...statuses]).toEqual(['live']);
    expect(price.getSnapshot()).toMatchObject({ status: 'live', data: { ask: 3 } });
    expect(client.connection.getSnapshot().status).toBe('connected');
  });

  test('a question that is sent again is the same one, wherever the old connection has led meanwhile (P-SUB-2)', async () => {
    const { clock, server, trades } = setUp();
    const events: number[] = [];
    trades.onEvent(({ id }) => events.push(id));
    await clock.settle();
    server.append('trades/A', { id: 1 });
    server.pipe.send({ t: 'goaway', in: 30_000, c: 'drain' });
    server.onHello = (pipe) => {
      server.greet(pipe);
      server.answers = false;
    };
    await clock.advance(5_000);
    server.append('trades/A', { id: 2 });
    await clock.advance(10_000);
    expect(events).toEqual([1, 2]);
    const asked = server.pipes[1]!.of('sub').map(({ ch }) => ch.map(({ e, o }) => [e, o]));
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual(asked[0]);
  });

  test('the old connection stays until its commands are answered', async () => {
    const { client, clock, server } = setUp();
    client.connect();
    await clock.settle();
    const [first] = server.pipes;
    const placed = client.command('place', { qty: 1 });
    await clock.settle();
    first!.send({ t: 'goaway', in: 2_000 });
    await clock.advance(1_500);
    expect(server.live).toHaveLength(2);
    first!.send({ t: 'res', id: first!.of('req')[0]!.id, v: { id: 'late' } });
    await expect(placed).resolves.toEqual({ id: 'late' });
    expect(server.live).toHaveLength(1);
  });

  test('the old connection that closes before leaves the channels stale until the next one is there', async () => {
    const { clock, server, price } = setUp();
    server.set('price/A', { bid: 1, ask: 2 });
    price.retain();
    await clock.settle();
    server.pipe.send({ t: 'goaway', in: 60 });
    server.pipe.close(4400);
    expect(price.getSnapshot().status).toBe('stale');
    await clock.advance(1_000);
    expect(price.getSnapshot().status).toBe('live');
    expect(server.pipes).toHaveLength(2);
  });
});

describe('a strange server', () => {
  test('what cannot be understood is counted and ignored, whole messages at a time', async () => {
    const { client, clock, server, price } = setUp({ maxFrameBytes: 1_000 });
    price.retain();
    await clock.settle();
    const bad = [
      '',
      '{',
      '42',
      'null',
      '[]x',
      '{"t":"ping","k":1}\n{',
      new ArrayBuffer(3),
      `{"t":"${'x'.repeat(2_000)}"}`,
    ];
    for (const text of bad) server.pipe.sendText(text);
    server.pipe.sendText('{"t":"d"}');
    expect(client.stats().undecodable).toBeGreaterThanOrEqual(bad.length - 2);
    await clock.settle();
    expect(server.pipe.of('pong')).toHaveLength(0);
    server.set('price/A', { bid: 5, ask: 6 });
    expect(price.getSnapshot()).toMatchObject({ status: 'live', data: { bid: 5 } });
  });

  test('unknown frames, fields and a second welcome change nothing; names of every object are no frames', async () => {
    const { client, clock, server, price } = setUp();
    price.retain();
    await clock.settle();
    for (const t of ['nope', '__proto__', 'constructor', 'toString', 7, null]) server.pipe.send({ t });
    server.welcome = { sid: 'other' };
    server.greet(server.pipe);
    expect(client.connection.getSnapshot()).toMatchObject({ status: 'connected', sessionId: 's' });
    expect(price.getSnapshot().status).toBe('live');
  });

  test('a frame that must be understood ends it with 4100 (P-EXT-2)', async () => {
    const { client, clock, server } = setUp();
    client.connect();
    await clock.settle();
    server.pipe.send({ t: 'future', crit: 1 });
    expect(server.pipe.closedByClient?.code).toBe(4100);
    expect(client.connection.getSnapshot().status).toBe('disconnected');
  });

  test('a complaint is an error event; its delay holds for the next connection', async () => {
    const { client, clock, server } = setUp();
    client.connect();
    await clock.settle();
    const codes: string[] = [];
    client.on('error', ({ code }) => codes.push(code));
    server.pipe.send({ t: 'err', err: { c: 'rate_limited', ra: 3_000 } });
    server.pipe.close(4303);
    await clock.advance(2_900);
    expect(server.pipes).toHaveLength(1);
    await clock.advance(200);
    expect(server.pipes).toHaveLength(2);
    expect(codes).toEqual(['rate_limited']);
  });

  test('announcements without sense are brought into a sane range', async () => {
    const { client, clock, server, price } = setUp();
    server.onHello = (pipe) =>
      pipe.send({
        t: 'welcome',
        sid: 's',
        now: 'x',
        ping: { every: 0, grace: -1 },
        lim: { in: 0, batch: 0 },
      });
    client.connect();
    await clock.settle();
    price.retain();
    await clock.settle();
    expect(price.getSnapshot().status).toBe('live');
    server.pipe.send({ t: 'goaway', in: 'soon' }, { t: 'ping', k: 1, rtt: 'x', now: {} });
    server.onHello = null;
    await clock.advance(500);
    expect(server.live).toHaveLength(1);
    expect(client.connection.getSnapshot()).toMatchObject({
      status: 'connected',
      clockOffsetMs: expect.any(Number) as number,
    });
  });

  test('a welcome without anything is a welcome', async () => {
    const { client, clock, server, price } = setUp();
    server.onHello = (pipe) => pipe.send({ t: 'welcome' });
    price.retain();
    await clock.settle();
    expect(price.getSnapshot().status).toBe('live');
    client.close();
  });

  test('a command called while the handshake hangs was not sent, and is not said to be', async () => {
    const { client, clock, server } = setUp();
    server.onHello = () => undefined;
    client.connect();
    await clock.settle();
    const placed = client.command('place', { qty: 1 }).catch((error: unknown) => error);
    await clock.settle();
    server.pipe.close(1006);
    expect(await placed).toMatchObject({ code: 'unavailable', executed: 'no' });
  });

  test('an absurd delay is cut to an hour', async () => {
    const { client, clock, server } = setUp();
    server.onHello = (pipe) => {
      pipe.send({ t: 'reject', err: { c: 'unavailable', ra: 1e12 } });
      pipe.close(4305);
    };
    client.connect();
    await clock.settle();
    expect(client.connection.getSnapshot().retryAtMs).toBe(clock.wallMs() + 3_600_000);
  });
});
