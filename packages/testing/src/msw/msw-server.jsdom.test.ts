// @vitest-environment jsdom
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMswServer } from '../msw.js';
import { market } from '../test-support/market.js';
import { converse, EXPECTED } from '../test-support/msw-conversation.js';

const mocked = createMswServer(market);
const server = setupServer(...mocked.handlers);

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterAll(async () => {
  server.close();
  await mocked.close();
});

test('in jsdom a client finds the mocked WebSocket itself, at the path of its page', async () => {
  const socket = '/tickwire';
  expect(await converse(mocked, { socket, http: new URL(socket, location.href).href })).toEqual(EXPECTED);
});
