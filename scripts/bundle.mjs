/**
 * Bundles build/ (what tsc wrote, with the generated commands) and the packages it uses into dist/, the part that ships:
 * one file for each command and plugin, and what they share in dist/chunks. Half of a short command's time went into
 * finding and opening 350 small files. docs/decisions/bundled-distribution.md has the figures.
 *
 * Not bundled: packages that bring a binary or find files of their own.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODULES = join(ROOT, 'build');
const DIST = join(ROOT, 'dist');
const UNBUNDLED = ['lmdb', '@virustotal/yara-x', '@oclif/plugin-autocomplete'];
/** Besides what other files start as a worker or a process of its own. */
const ENTRIES =
  /^(?:index|cli\/main|cli\/hooks\/.*|commands\/.*|analysis\/registry|analysis\/(?:common|linux|windows)\/[^/]*)\.js$/;
const STARTED_FILE = /new URL\('(\.[^']*\.js)', import\.meta\.url\)/g;

const files = readdirSync(MODULES, { recursive: true })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => file.endsWith('.js'));
const contents = (file) => readFileSync(join(MODULES, file), 'utf8');
const started = files.flatMap((file) =>
  [...contents(file).matchAll(STARTED_FILE)].map(([, to]) => posix.join(posix.dirname(file), to)),
);

/**
 * esbuild gives only `default` to who loads a CommonJS package dynamically (Node finds the names, too): it must be loaded
 * by a module of ours that imports it statically.
 */
function refuseNamesOfCommonJs(file) {
  const [, name] = /\{[^}]*\}\s*=\s*await import\('(?!node:)([^.'][^']*)'/.exec(contents(file)) ?? [];
  if (name !== undefined && !UNBUNDLED.includes(name))
    throw new Error(`${file} takes names from a dynamic import of ${name}, which the bundle may not have`);
}

/** A module in a chunk still finds what lies beside the place it came from: dist/ mirrors build/. */
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

const { outputFiles, metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: [...new Set([...files.filter((file) => ENTRIES.test(file)), ...started])].map((file) => `build/${file}`),
  outbase: 'build',
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: UNBUNDLED,
  plugins: [ownPlace],
  metafile: true,
  write: false,
  logLevel: 'warning',
});

for (const { path, text } of outputFiles) {
  const up = relative(dirname(path), DIST).split(sep).join('/') || '.';
  const head = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
const urlInDist = (file) => new URL(file, new URL('./${up}/', import.meta.url)).href;
`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, head + text);
}
writeFileSync(join(DIST, 'THIRD-PARTY-LICENSES.txt'), licences(Object.keys(metafile.inputs)));

/** What the licences of the bundled packages ask for: their texts. */
function licences(inputs) {
  const folders = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
  return [...folders].sort().map(licence).join('\n\n');
}

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(ROOT, folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : `\n\n${readFileSync(join(ROOT, folder, file), 'utf8').trim()}`;
  return `${name} ${version} (${license})${text}`;
}
