// `tickwire conformance-server`: a right server to try a judge, or another client, against.
import { parseArgs } from 'node:util';
import { createConformanceServer } from '@tickwire/testing/conformance';
import { type Command, readOptions, UsageError, wholeNumber } from '../usage.js';

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
  let url: string;
  try {
    ({ url } = await server.listen({ port, host: values.host }));
  } catch (error) {
    await server.close({ drainMs: 0 });
    throw new UsageError(whyNotListening(error, { port, host: values.host }));
  }
  process.stdout.write(`${url}\n`);
  await new Promise<void>((stop) => {
    process.once('SIGINT', () => stop());
    process.once('SIGTERM', () => stop());
  });
  await server.close({ drainMs: 0 });
  return 0;
};

/** Why an address cannot be had, and what to choose instead. */
export function whyNotListening(
  error: unknown,
  { port, host }: { readonly port: number; readonly host: string },
): string {
  // The server says that it cannot listen; the socket, which is its cause, says why.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, message } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is taken (${code}); choose another with --port, or 0 for any.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `This machine has no address ${host} (${code}); choose one of its own with --host, as 127.0.0.1.`;
    case 'EACCES':
      return `Port ${port} of ${host} is not open to this user (${code}); choose one above 1023 with --port.`;
    default:
      return `Cannot listen on port ${port} of ${host}: ${message}.`;
  }
}
