// Bundle size: what a browser downloads, bundled the way an application bundles it, every dependency inside.
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

export interface BundleSize {
  /** `socket.io-client` is measured the same way, for comparison. */
  readonly name: 'client' | 'client-with-react' | 'socket.io-client';
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
  /** Packages that ended up in the bundle, largest first, in minified bytes. */
  readonly packages: Readonly<Record<string, number>>;
}

/** `node_modules/@scope/name/x.js` is `@scope/name`; a workspace's own file is `@tickwire/name`. */
function packageOf(path: string): string {
  const inRegistry = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path);
  if (inRegistry?.[1] !== undefined) return inRegistry[1];
  const own = /packages\/([^/]+)\//.exec(path);
  return own?.[1] === undefined ? path : `@tickwire/${own[1]}`;
}

async function measure(name: BundleSize['name']): Promise<BundleSize> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(import.meta.dirname, '..', 'bundles', `${name}.ts`)],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    // `platform: 'browser'` adds the condition `browser`; the source condition makes a build unnecessary.
    conditions: ['@tickwire/source', 'module'],
    define: { 'process.env.NODE_ENV': '"production"' },
    external: ['react', 'react-dom'],
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const [output] = outputFiles;
  const [meta] = Object.values(metafile.outputs);
  if (output === undefined || meta === undefined) throw new Error('esbuild wrote no bundle');
  const packages = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(meta.inputs)) {
    const owner = packageOf(path);
    packages.set(owner, (packages.get(owner) ?? 0) + bytesInOutput);
  }
  return {
    name,
    minifiedBytes: output.contents.byteLength,
    gzipBytes: gzipSync(output.contents, { level: 9 }).byteLength,
    packages: Object.fromEntries(
      [...packages].filter(([, bytes]) => bytes > 0).sort(([, a], [, b]) => b - a),
    ),
  };
}

export async function measureBundleSizes(): Promise<readonly BundleSize[]> {
  return [await measure('client'), await measure('client-with-react'), await measure('socket.io-client')];
}
