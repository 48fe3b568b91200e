// A server in a process of its own, that a test can stop and continue. Tells its parent where it listens.
import { startTraffic } from './stage.js';

const { url } = await startTraffic({ ping: process.argv[2] === 'fast' ? 'fast' : 'default' });
process.send?.(url);
process.once('disconnect', () => process.exit());
