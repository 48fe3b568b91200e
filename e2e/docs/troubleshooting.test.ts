// Every kind of trouble that users of hand-written realtime layers report has its entry in the guide.
import { describe, expect, test } from 'vitest';
import { anchorsOf, readText, tableRows } from './documents.js';

const GUIDE = 'docs/guide/troubleshooting.md';
const guide = readText(GUIDE);

/** The rows of one section by its anchor, as one text each. */
function rowsOf(anchor: string): readonly string[] {
  const section = guide.split(/^(?=## )/m).find((part) => anchorsOf(part).has(anchor)) ?? '';
  return tableRows(section).map((cells) => cells.join(' | '));
}

interface Trouble {
  readonly symptom: string;
  readonly anchor: string;
  /** What an answer has to speak of; each in some row of the section. */
  readonly speaksOf: readonly RegExp[];
}

const TROUBLES: readonly Trouble[] = [
  {
    symptom: 'cannot connect, and the server may be down',
    anchor: 'it-does-not-connect',
    speaksOf: [/Is the server up\? `curl/],
  },
  {
    symptom: 'cannot connect, and the URL or its root may be wrong',
    anchor: 'it-does-not-connect',
    speaksOf: [/URL right.*path `\/tickwire`/],
  },
  {
    symptom: 'cannot connect from the page, because its origin is not allowed',
    anchor: 'it-does-not-connect',
    speaksOf: [/403.*allowedOrigins/],
  },
  {
    symptom: 'cannot connect through a firewall or past a browser extension',
    anchor: 'it-does-not-connect',
    speaksOf: [/Firewall.*extensions/],
  },
  {
    symptom: 'cannot connect on the site: certificate and wss',
    anchor: 'it-does-not-connect',
    speaksOf: [/wss.*certificate/],
  },
  {
    symptom: 'nothing in the console says why',
    anchor: 'troubleshooting',
    speaksOf: [],
  },
  {
    symptom: 'the indicator stays offline: key or back end',
    anchor: 'it-does-not-connect',
    speaksOf: [/`Offline` stays.*reason/, /unauthenticated.*key your server does not accept/],
  },
  {
    symptom: 'data does not update, and the network tab shows no WebSocket',
    anchor: 'it-does-not-connect',
    speaksOf: [/no WebSocket in the network tab.*first subscription/],
  },
  {
    symptom: 'connected without updates: nothing is subscribed',
    anchor: 'connected-but-nothing-arrives',
    speaksOf: [/`idle`.*stats\(\)\.subscriptions/],
  },
  {
    symptom: 'connected without updates: the server fails to broadcast',
    anchor: 'connected-but-nothing-arrives',
    speaksOf: [/publisher's promise reject.*bad_input/],
  },
  {
    symptom: "connected without updates: the application's own store is not told",
    anchor: 'connected-but-nothing-arrives',
    speaksOf: [/store between Tickwire and the screen/],
  },
  {
    symptom: 'no positions: connection, update loop, a test position, asking for them',
    anchor: 'connected-but-nothing-arrives',
    speaksOf: [/positions or orders are empty.*by hand.*\.read\(\).*loop that publishes/],
  },
  {
    symptom: 'prices do not move: subscription, instrument key, logs',
    anchor: 'connected-but-nothing-arrives',
    speaksOf: [/does not move.*channel id.*NSE_EQ/, /log says/, /`feed`.*upstream/],
  },
  {
    symptom: 'frequent reconnects on a poor network: longer backoff',
    anchor: 'it-reconnects-all-the-time',
    speaksOf: [/poor network.*initialDelayMs/],
  },
  {
    symptom: 'frequent drops: longer timeout',
    anchor: 'it-reconnects-all-the-time',
    speaksOf: [/each 60 s.*`ping`/, /no_pong.*graceMs/],
  },
  {
    symptom: 'the page lags: fewer messages, larger batches, fewer subscriptions, empty cache',
    anchor: 'the-page-is-slow',
    speaksOf: [/maxUpdatesPerSecond/, /unsubscribe.*clearCache\(\)/, /maxPerSecond/],
  },
  {
    symptom: 'high latency: fewer subscriptions, cached values',
    anchor: 'the-page-is-slow',
    speaksOf: [/high latency.*latencyMs.*subscribe to less.*own copy/],
  },
  {
    symptom: 'memory of the page grows: handlers, detached elements, cache',
    anchor: 'memory-grows',
    speaksOf: [/unsubscribe.*elements that are gone.*clearCache\(\)/],
  },
  {
    symptom: 'memory of the server grows: dead connections, their number, pools',
    anchor: 'memory-grows',
    speaksOf: [/server\.stats\(\).*connections.*dead connections.*pools/],
  },
  {
    symptom: 'something is missing after a reconnection',
    anchor: 'after-a-reconnection-something-is-missing',
    speaksOf: [/gap.*history/],
  },
  {
    symptom: 'Redis: ping, URL, firewall, version',
    anchor: 'several-servers-and-redis',
    speaksOf: [/redis-cli.*ping.*URL.*firewall.*version/],
  },
];

describe('the troubleshooting guide', () => {
  test.each(TROUBLES)('answers: $symptom', ({ anchor, speaksOf }) => {
    expect([...anchorsOf(guide)]).toContain(anchor);
    const rows = rowsOf(anchor);
    for (const words of speaksOf)
      expect(
        rows.some((row) => words.test(row)),
        `${anchor}: ${String(words)}`,
      ).toBe(true);
  });

  test('begins with how to make the client talk', () => {
    expect(guide.split('\n## ')[0]).toMatch(/localStorage\.setItem\('debug', 'tickwire'\).*debug: true/s);
  });

  test('has no section without an entry', () => {
    const sections = guide.split(/^(?=## )/m).slice(1);
    for (const section of sections)
      expect(tableRows(section).length, section.split('\n')[0]).toBeGreaterThan(1);
  });
});
