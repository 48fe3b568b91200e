// The whole demo in one object: broker, feed, page and the face that can be killed.
import { createMemoryBroker, createPublisher } from '@tickwire/server';
import { dashboard } from '../contract.js';
import type { Capture } from '../feed/capture/capture.js';
import { systemFeedClock } from '../feed/feed-clock.js';
import type { DemoOptions } from '../options.js';
import { createPageHandler } from '../page/static-files.js';
import { createFace } from './face.js';
import { createFeedControl } from './feed-control.js';
import { createMarketChannels } from './market-channels.js';
import { createTabNetwork } from './tab-network.js';

export interface RunningDemo {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const TICK_MS = 100;
/** The feed's document is published this often even if nothing changed: its freshness is the feed's pulse. */
const STATUS_MS = 500;

/**
 * Starts the demo, with `recording` in place of the simulated market. `log` is told what a person at the terminal should
 * know.
 */
export async function startDemo(
  options: DemoOptions,
  recording: Capture | null,
  pageFolder: string,
  log: (line: string) => void,
): Promise<RunningDemo> {
  const broker = createMemoryBroker();
  const publisher = createPublisher(dashboard, { broker: broker.connect });
  const complain = (error: unknown): void => log(`A publication was refused: ${String(error)}`);
  const channels = createMarketChannels(publisher, complain);
  const publishStatus = async (): Promise<void> => {
    await publisher.channel('feed').set(feed.status()).catch(complain);
  };
  const feed = createFeedControl({
    options,
    recording,
    clock: systemFeedClock,
    channels,
    onFinished: () => {
      void publishStatus().then(() => log('replay finished'));
    },
  });
  await publishStatus();
  await channels.settled();

  const heads = async (): Promise<object> => {
    const { data: products } = await publisher.channel('products').read();
    const entries = [...(products?.keys() ?? [])].map(async (product) => {
      const ticker = await publisher.channel('ticker/{product}', { product }).read();
      const book = await publisher.channel('book/{product}', { product }).read();
      return [product, { ticker, book: { ...book, data: [...(book.data?.values() ?? [])] } }] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };
  const handlePage = createPageHandler(pageFolder);
  const face = createFace({
    broker: broker.connect,
    feed,
    publishStatus,
    network: createTabNetwork(),
    host: options.host,
    handleRequest: (request, response) => {
      if (request.url !== '/heads.json') {
        handlePage(request, response);
        return;
      }
      // What the broker holds, past every cache and socket: for tests that compare.
      void heads().then((body) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    },
  });
  const port = await face.start(options.port);
  feed.start();
  const timers = [setInterval(feed.tick, TICK_MS), setInterval(() => void publishStatus(), STATUS_MS)];

  return {
    url: `http://${options.host}:${port}/`,
    stop: async () => {
      timers.forEach(clearInterval);
      feed.stop();
      await face.stop();
    },
  };
}
