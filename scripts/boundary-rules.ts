// Who may know whom. Every rule here must be broken by a file of scripts/fixtures/boundaries (see boundaries.ts),
// so a rule that has stopped matching anything fails the check. Type-only imports count.
import type { ICruiseOptions, IRegularForbiddenRuleType, IResolveOptions } from 'dependency-cruiser';

const tree = '^(?:scripts/fixtures/boundaries/)?packages';
const test = '(\\.test(-d)?\\.tsx?$|/test-support/)';

/** Matches a workspace package whether it resolved to its source or, without one, stayed a bare name. */
const packages = (...names: readonly string[]): string => `^(packages|@tickwire)/(${names.join('|')})(/|$)`;
const inside = (name: string, path = ''): string => `${tree}/${name}/src/${path}`;

const clientCore = inside('client', '(connection|subscription|store|command)/');
const serverCore = inside('server', '(session|hub|outbox|broker|command)/');

const forbid = (
  name: string,
  comment: string,
  from: IRegularForbiddenRuleType['from'],
  to: IRegularForbiddenRuleType['to'],
): IRegularForbiddenRuleType & { readonly name: string } => ({ name, comment, severity: 'error', from, to });

export const forbidden = [
  forbid('no-cycles', 'A cycle means two files are one. Type-only cycles count.', {}, { circular: true }),
  forbid('resolvable', 'Every import must lead somewhere.', {}, { couldNotResolve: true }),
  forbid(
    'protocol-knows-nobody',
    'The protocol is the bottom.',
    { path: inside('protocol') },
    {
      path: packages('client', 'server', 'react', 'testing'),
    },
  ),
  forbid(
    'client-knows-protocol-only',
    'client -> protocol.',
    { path: inside('client'), pathNot: test },
    {
      path: packages('server', 'react', 'testing'),
    },
  ),
  forbid(
    'server-knows-protocol-only',
    'server -> protocol.',
    { path: inside('server'), pathNot: test },
    {
      path: packages('client', 'react', 'testing'),
    },
  ),
  forbid(
    'client-and-server-never-meet',
    'Also not in tests: that is what testing and e2e are for.',
    {
      path: inside('(client|react)'),
    },
    { path: packages('server') },
  ),
  forbid(
    'react-knows-client-only',
    'react -> client.',
    { path: inside('react'), pathNot: test },
    {
      path: packages('server', 'testing'),
    },
  ),
  forbid(
    'react-takes-protocol-types-only',
    "Frames and codecs are the client's.",
    {
      path: inside('react'),
      pathNot: test,
    },
    { path: packages('protocol'), dependencyTypesNot: ['type-only', 'type-import'] },
  ),
  forbid(
    'testing-knows-no-react',
    'testing -> client, server, protocol.',
    { path: inside('testing') },
    {
      path: packages('react'),
    },
  ),
  forbid(
    'client-core-is-pure',
    'Core folders never know transports, environment or the shell.',
    {
      path: clientCore,
      pathNot: test,
    },
    { path: inside('client', '(transports?/|environment/|shell|client\\.ts|index\\.ts)') },
  ),
  forbid(
    'connection-and-subscription-apart',
    'The shell carries effects between them.',
    {
      path: inside('client', 'connection/'),
      pathNot: test,
    },
    { path: inside('client', 'subscription/') },
  ),
  forbid(
    'subscription-and-connection-apart',
    'The shell carries effects between them.',
    {
      path: inside('client', 'subscription/'),
      pathNot: test,
    },
    { path: inside('client', 'connection/') },
  ),
  forbid(
    'server-core-is-pure',
    'Session, hub, outbox and broker never know adapters.',
    {
      path: serverCore,
      pathNot: test,
    },
    { path: inside('server', '(adapters/|ws\\.ts|index\\.ts|server\\.ts)') },
  ),
  forbid(
    'ws-at-the-edge',
    '`ws` only in server/src/adapters, client/src/transports and the command line.',
    {
      path: `${tree}/[^/]+/src/`,
      pathNot: [inside('server', 'adapters/'), inside('client', 'transports/'), inside('tickwire'), test],
    },
    { path: '(^|/)node_modules/(@types/ws|ws|isomorphic-ws)/' },
  ),
  forbid(
    'no-own-index',
    'An index.ts is a door for others.',
    {
      path: `${tree}/([^/]+)/src/`,
      pathNot: test,
    },
    { path: '^(?:scripts/fixtures/boundaries/)?packages/$1/src/index\\.ts$' },
  ),
  forbid(
    'protocol-imports-zod-and-dequal',
    'Nothing else, and no Node module.',
    {
      path: inside('protocol'),
      pathNot: [test, inside('protocol', 'lint')],
    },
    {
      dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'npm-peer', 'npm-optional', 'core'],
      pathNot: 'node_modules/(zod|dequal)/',
    },
  ),
  forbid(
    'zod-in-few-places',
    'Elsewhere the protocol carries no Zod at run time.',
    {
      path: inside('protocol'),
      pathNot: [test, inside('protocol', '(frame/schema\\.ts|schema\\.ts|trading|lint|identity)')],
    },
    { path: 'node_modules/zod/', dependencyTypesNot: ['type-only', 'type-import'] },
  ),
  forbid(
    'client-carries-no-zod',
    "Schemas are the server's and the tests'.",
    {
      path: inside('(client|react)'),
      pathNot: test,
    },
    {
      path: '(node_modules/zod/|^packages/protocol/src/(schema|frame/schema|lint|identity)|^@tickwire/protocol/(schema|lint|identity))',
    },
  ),
  forbid(
    'no-platform-in-browsers',
    'Node modules only where the platform is chosen.',
    {
      path: inside('(client|react)'),
      pathNot: [test, inside('client', '(transports|environment)/')],
    },
    { dependencyTypes: ['core'] },
  ),
  forbid(
    'no-platform-in-server-core',
    'Node modules only outside the core.',
    { path: serverCore, pathNot: test },
    {
      dependencyTypes: ['core'],
    },
  ),
  forbid(
    'declared-dependencies-only',
    'Shipped code imports what its package.json declares.',
    {
      path: `${tree}/[^/]+/src/`,
      // The runner of the simulation is a command of this repository: no door leads to it.
      // The emitter is built into the client's files: docs/decisions/0004-size-of-the-client.md.
      pathNot: [test, inside('testing', 'simulation/runner/'), inside('client', 'emitter\\.ts')],
    },
    {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
      // An optional peer is a dev dependency besides, so that it is there for the package's own tests.
      dependencyTypesNot: ['npm-peer'],
      pathNot: '^packages/',
    },
  ),
  forbid(
    'no-test-code-in-source',
    'Source never imports a test.',
    { path: `${tree}/[^/]+/src/`, pathNot: test },
    {
      path: test,
    },
  ),
  forbid(
    'doors-only',
    'Examples, benchmarks and e2e use published doors.',
    {
      path: '^(scripts/fixtures/boundaries/)?(examples|benchmarks|e2e)/',
    },
    { path: '^packages/[^/]+/src/', dependencyTypesNot: ['aliased', 'aliased-workspace', 'undetermined'] },
  ),
];

export const cruiseOptions: ICruiseOptions = {
  tsPreCompilationDeps: true,
  doNotFollow: { path: ['node_modules', '/dist/'] },
  combinedDependencies: false,
};

export const resolveOptions: Partial<IResolveOptions> = {
  exportsFields: ['exports'],
  conditionNames: ['@tickwire/source', 'import', 'require', 'node', 'default', 'types'],
  mainFields: ['module', 'main', 'types'],
};
