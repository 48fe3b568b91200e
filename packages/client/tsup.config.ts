import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineConfig } from 'tsup';
import { packageBuild } from '../../tsup.base.js';

const eventEmitter = dirname(createRequire(import.meta.url).resolve('eventemitter3'));

export default defineConfig(
  packageBuild(['index'], {
    // The emitter comes along, from its ES module: what wraps a CommonJS module would cost an application 0.2 kB, and not
    // every bundler can.
    noExternal: ['eventemitter3'],
    esbuildOptions(options) {
      options.alias = { eventemitter3: join(eventEmitter, 'dist/eventemitter3.esm.js') };
    },
  }),
);
