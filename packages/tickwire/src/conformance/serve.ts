// `tickwire conformance-server`: a right server to try a judge, or another client, against.
import { parseArgs } from 'node:util';
import { createConformanceServer } from '@tickwire/testing/conformance';
import { type Command, readOptions, wholeNumber } from '../usage.js';

const HELP = `tickwire conformance-server [options]

Runs this project's own server with the conformance contract, until it is interrupted. It prints its address.

  --port <n>   port to listen on; 0 for any      (8080)
  --host <h>   address to listen on              (127.0.0.1)
  --help       this text
`;

const OPTIONS = {
  port: { type: 'string', default: '8080' },
  host: { type: 'string', default: '127.0.0.1' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const conformanceServer: Command = async (args) => {
  const { values } = readOptions('conformance-server', () =>
    parseArgs({ args: [...args], options: OPTIONS }),
  );
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const port = wholeNumber('port', values.port, 0, 65_535);
  const server = createConformanceServer();
  const { url } = await server.listen({ port, host: values.host });
  process.stdout.write(`${url}\n`);
  await new Promise<void>((stop) => {
    process.once('SIGINT', () => stop());
    process.once('SIGTERM', () => stop());
  });
  await server.close({ drainMs: 0 });
  return 0;
};
