/**
 * Bundles build/ (what tsc wrote, with the generated commands) and the packages it uses into dist/, the part that ships:
 *
 * - cli.cjs: the whole command line. Half of a short command's time went into finding and opening 350 small files.
 *   launcher/load-bundle.js loads it, with its functions compiled by an earlier run.
 * - commands/: a module for each command, for oclif, which gives it out of the bundle.
 * - index.js and emulator-library.js: the libraries, in chunks, a plugin a file.
 * - emulator-host/: the handlers of the emulator's interpreter, generated here once instead of in each run.
 *
 * Not bundled: packages that bring a binary or find files of their own, but for lmdb's modules in the command line.
 * docs/decisions/bundled-distribution.md.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { PREPARED_PARTS, prepareHandlers } from '../build/emulator/interpreter/prepared-handlers.js';
import { preparedFile } from '../build/emulator-host/prepared-handlers.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODULES = join(ROOT, 'build');
const DIST = join(ROOT, 'dist');
const UNBUNDLED = ['lmdb', '@virustotal/yara-x', '@oclif/plugin-autocomplete'];
/** Besides what other files start as a worker or a process of its own. */
const LIBRARY =
  /^(?:index|emulator-library|launcher\/load-bundle|analysis\/registry|analysis\/(?:common|linux|windows)\/[^/]*)\.js$/;
const STARTED_FILE = /new URL\('(\.[^']*\.js)', import\.meta\.url\)/g;

const files = readdirSync(MODULES, { recursive: true })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => file.endsWith('.js'));
const contents = (file) => readFileSync(join(MODULES, file), 'utf8');
const started = files.flatMap((file) =>
  [...contents(file).matchAll(STARTED_FILE)].map(([, to]) => posix.join(posix.dirname(file), to)),
);

/** A module in a bundle still finds what lies beside the place it came from: dist/ mirrors build/. */
const ownPlace = {
  name: 'own-place',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      const file = relative(MODULES, path).split(sep).join('/');
      if (file.startsWith('..')) return undefined;
      refuseNamesOfCommonJs(file);
      return { contents: contents(file).replaceAll('import.meta.url', `urlInDist('${file}')`), loader: 'js' };
    }),
};

/**
 * esbuild gives only `default` to who loads a CommonJS package dynamically (Node finds the names, too): it must be loaded
 * by a module of ours that imports it statically.
 */
function refuseNamesOfCommonJs(file) {
  const [, name] = /\{[^}]*\}\s*=\s*await import\('(?!node:)([^.'][^']*)'/.exec(contents(file)) ?? [];
  if (name !== undefined && !UNBUNDLED.includes(name))
    throw new Error(`${file} takes names from a dynamic import of ${name}, which the bundle may not have`);
}

/** For code that the emulator generated in an earlier run: was it this emulator? */
const emulator = createHash('sha1');
for (const file of files.filter((one) => one.startsWith('emulator/')).sort()) emulator.update(contents(file));
/** lmdb finds its binary and its dictionary from the place of its own files, which the bundle is not. */
const placeOfLmdb = {
  name: 'place-of-lmdb',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]lmdb[\\/]dist[\\/]index\.cjs$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('__filename', 'fileOfLmdb()'),
      loader: 'js',
    })),
};

/**
 * lmdb loads msgpackr for records of an encoding that no table of a store has; it and the binary that it looks for took a
 * twentieth of a short command's time.
 */
const withoutMsgpackr = {
  name: 'without-msgpackr',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^msgpackr$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: `exports.Encoder = class {
  constructor() {
    throw new Error('a table of the store names no encoding, and msgpackr is not in the bundle');
  }
};`,
    }));
  },
};

const common = {
  absWorkingDir: ROOT,
  outbase: 'build',
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: UNBUNDLED,
  define: { EMULATOR_DIGEST: JSON.stringify(emulator.digest('hex')) },
  plugins: [ownPlace],
  metafile: true,
  logLevel: 'warning',
};

const library = await build({
  ...common,
  entryPoints: [...new Set([...files.filter((file) => LIBRARY.test(file)), ...started])].map((file) => `build/${file}`),
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  splitting: true,
  format: 'esm',
  write: false,
});
for (const { path, text } of library.outputFiles) {
  const up = relative(dirname(path), DIST).split(sep).join('/') || '.';
  const head = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
const urlInDist = (file) => new URL(file, new URL('./${up}/', import.meta.url)).href;
`;
  write(path, head + text);
}

const commandLine = await build({
  ...common,
  external: [...UNBUNDLED.filter((name) => name !== 'lmdb'), 'bun:ffi'],
  alias: { lmdb: createRequire(import.meta.url).resolve('lmdb') },
  plugins: [ownPlace, placeOfLmdb, withoutMsgpackr],
  entryPoints: ['build/cli/bundle.js'],
  outfile: 'dist/cli.cjs',
  format: 'cjs',
  write: false,
  banner: {
    js: `const urlInDist = (file) => new URL(file, require('node:url').pathToFileURL(__filename)).href;
const fileOfLmdb = () => require.resolve('lmdb');`,
  },
});

for (const { path, text } of commandLine.outputFiles)
  write(path, text.replaceAll('await import(', 'await importModule('));

for (const file of files.filter((each) => each.startsWith('commands/'))) {
  const name = file.slice('commands/'.length, -'.js'.length);
  writeFromBundle(file, `export default await bundle().loadCommand('${name}');`);
}
writeFromBundle(
  'cli/hooks/command-not-found.js',
  'export default async function (options) {\n  return (await bundle().loadCommandNotFound()).call(this, options);\n}',
);

for (const part of PREPARED_PARTS) write(join(DIST, 'emulator-host', preparedFile(part)), prepareHandlers(part));

const inputs = [library, commandLine].flatMap(({ metafile }) => Object.keys(metafile.inputs));
write(join(DIST, 'THIRD-PARTY-LICENSES.txt'), licences(inputs));

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A module in dist/ that gives out a part of the bundle. */
function writeFromBundle(file, text) {
  const up = posix.relative(posix.dirname(file), 'launcher/load-bundle.js');
  write(join(DIST, file), `import { bundle } from '${up}';\n${text}\n`);
}

/** What the licences of the bundled packages ask for: their texts. */
function licences(paths) {
  const folders = new Set(paths.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  return [...folders].sort().map(licence).join('\n\n');
}

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(ROOT, folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : `\n\n${readFileSync(join(ROOT, folder, file), 'utf8').trim()}`;
  return `${name} ${version} (${license})${text}`;
}
