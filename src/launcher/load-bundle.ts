/**
 * Loads the bundled command line with its functions already compiled, as far as earlier runs needed them: two thirds of
 * what a short command does is JavaScript that runs for the first time. Node 20 has no cache for compiled code of its own.
 *
 * It knows nothing of what is in the bundle. docs/decisions/bundled-distribution.md has the figures.
 */
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { useCompilerFlags } from '../core/compiler-flags.js';
import { BlobCache } from '../profiles/cache/blob-cache.js';

/** What scripts/generate-commands.mjs makes the bundle export. */
export interface Bundle {
  /** @param root URL of the entry script, from which oclif finds package.json */
  main(root: string): Promise<void>;
  /** The command class; its name as the file's: `linux/ftrace`. */
  loadCommand(name: string): Promise<unknown>;
  loadCommandNotFound(): Promise<(this: unknown, options: unknown) => unknown>;
}

interface KeptCode {
  /** The kinds of runs that have added to it. */
  readonly runs: readonly string[];
  readonly code: Buffer;
}

const PATH = fileURLToPath(new URL('../cli.cjs', import.meta.url));

/** Of the function around the bundle. Scripts cannot load modules dynamically themselves, so that they are given how. */
const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname', 'importModule'];

let loaded: Bundle | undefined;

/** The bundle, loaded once. */
export function bundle(): Bundle {
  loaded ??= loadBundle();
  return loaded;
}

function loadBundle(): Bundle {
  // V8 takes compiled code only under the flags that it was made under, and it is made at the end of a run.
  useCompilerFlags();
  const cache = new BlobCache();
  const key = cacheKey();
  const kept = unpack(cache.get(key));
  // esbuild writes ASCII, and a string of single bytes is half the work.
  const source = `(function (${PARAMETERS.join(', ')}) {${readFileSync(PATH, 'latin1')}\n})`;
  const script = new Script(source, { filename: PATH, ...(kept && { cachedData: kept.code }) });
  const known = script.cachedDataRejected === false ? (kept?.runs ?? []) : [];
  const run = kindOfRun(process.argv);
  if (!known.includes(run)) {
    process.once('exit', (code) => {
      if (code === 0) cache.put(key, pack({ runs: [...known, run], code: script.createCachedData() }));
    });
  }
  const module = { exports: {} };
  const importModule = (specifier: string) => import(specifier);
  script.runInThisContext()(module.exports, createRequire(PATH), module, PATH, dirname(PATH), importModule);
  return module.exports as Bundle;
}

/** V8 itself proves no more than its own version, its flags and the length of the source. */
function cacheKey(): string {
  const { size, mtimeMs } = statSync(PATH);
  return `compiled code: ${process.version} ${process.arch} ${PATH} ${size} ${mtimeMs}`;
}

/** What the name of a source begins with that other code reads than files: the store of snapshots, a guest that runs. */
const SCHEME = /^(?:-f|--file=)?((?:snapshot|live):)/;

/**
 * Runs of one kind need about the same functions: the words before the first flag, two at most (the rest names files), and
 * the schemes of the sources.
 */
function kindOfRun(argv: readonly string[]): string {
  const words = argv.slice(2, 4);
  const other = words.findIndex((word) => !/^[a-z][a-z0-9.-]{0,40}$/i.test(word));
  const schemes = argv.slice(2).flatMap((word) => SCHEME.exec(word)?.[1] ?? []);
  return [...words.slice(0, other < 0 ? words.length : other), ...new Set(schemes)].join(' ');
}

function pack({ runs, code }: KeptCode): Buffer {
  const names = Buffer.from(JSON.stringify(runs), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(names.length);
  return Buffer.concat([length, names, code]);
}

function unpack(blob: Buffer | undefined): KeptCode | undefined {
  if (blob === undefined) return undefined;
  const end = 4 + blob.readUInt32LE(0);
  return { runs: JSON.parse(blob.toString('utf8', 4, end)) as string[], code: blob.subarray(end) };
}
