/**
 * Makes one JavaScript file of a TypeScript module and what it imports, for threads and processes that a test starts: Node 20 reads
 * no TypeScript, and the loader for it takes a second or more in each of them. What is built in build/ may be older than the sources.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export interface Bundle {
  readonly file: URL;
  /** When nothing is started from it any more. */
  remove(): void;
}

/** Not for modules that start threads of their own: they would look for them beside the bundle. */
export async function bundleFromSource(source: URL): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'memlapse-bundle-'));
  const path = fileURLToPath(source);
  const outfile = join(folder, `${basename(path, '.ts')}.mjs`);
  await build({
    entryPoints: [path],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
    plugins: [
      {
        name: 'packages-where-they-are',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^[^./]/ }, ({ path: name, kind }) =>
            kind === 'entry-point' || name.startsWith('node:')
              ? undefined
              : { path: import.meta.resolve(name), external: true },
          ),
      },
    ],
  });
  return { file: pathToFileURL(outfile), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
