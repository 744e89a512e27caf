/** What all commands have: an entry in the manifest, help with examples, a schema that their output fits. */
import { readFileSync, rmSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAllPlugins } from '../../src/analysis/registry.js';
import { commandWords } from '../../src/cli/resolve-plugins.js';
import { profilePathOf, typedLinuxImages } from '../analysis/test-kernels.js';
import { ensureBuilt, memlapse, scratch, writeGuest } from './run-cli.js';

const HOUR = 3_600_000;
const folder = scratch();

interface Manifest {
  readonly commands: Readonly<
    Record<string, { readonly summary?: string; readonly examples?: readonly string[]; readonly flags: object }>
  >;
}
// As it lies in the tree: a stale one is a defect, so it is read before anything is built.
const manifest: Manifest = JSON.parse(readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8'));
const plugins = await loadAllPlugins();

beforeAll(ensureBuilt, HOUR);
afterAll(() => rmSync(folder, { recursive: true }));

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

describe('the manifest in the tree', () => {
  it('has every plugin as a command, with a summary of one of its systems and its options', () => {
    const expected = plugins.map((plugin) => [commandWords(plugin).join(':'), { summary: true, missing: [] }]);
    const found = plugins.map((plugin) => {
      const id = commandWords(plugin).join(':');
      const { summary, flags = {} } = manifest.commands[id] ?? {};
      const same = plugins.filter((each) => commandWords(each).join(':') === id);
      const isKnown = same.some((each) => each.summary === summary);
      return [id, { summary: isKnown, missing: Object.keys(plugin.options).filter((name) => !(kebab(name) in flags)) }];
    });
    expect(found).toEqual(expected);
  });

  it('has no plugin command whose plugin is gone', () => {
    const ids = new Set(plugins.map((plugin) => commandWords(plugin).join(':')));
    const others = Object.keys(manifest.commands).filter((id) => !ids.has(id) && id.startsWith('linux:'));
    expect(others).toEqual([]);
  });

  it('is in an order that no file system decides', () => {
    const ids = Object.keys(manifest.commands);
    expect(ids).toEqual(ids.toSorted());
  });

  it('has examples for every command of ours', () => {
    const ours = Object.entries(manifest.commands).filter(([id]) => !id.startsWith('autocomplete'));
    expect(ours.length).toBeGreaterThan(50);
    expect(ours.filter(([, { examples = [] }]) => examples.length === 0).map(([id]) => id)).toEqual([]);
  });
});

describe('help', { timeout: HOUR }, () => {
  it('of the program names the commands and topics on stdout', async () => {
    const { code, stdout, stderr } = await memlapse(folder, ['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const word of ['pslist', 'netstat', 'linux', 'run', 'schema'])
      expect(stdout).toMatch(new RegExp(`^  ${word} `, 'm'));
  });

  it.each(['pslist', 'linux check-syscall', 'run', 'schema', 'convert', 'yara'])(
    'of %s has examples',
    async (command) => {
      const { code, stdout, stderr } = await memlapse(folder, [...command.split(' '), '--help']);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(new RegExp(`^EXAMPLES\\n(  .*\\n)*?  \\$ memlapse ${command} `, 'm'));
    },
  );
});

it('autocomplete sets itself up', { timeout: HOUR }, async () => {
  const { code, stdout } = await memlapse(folder, ['autocomplete', 'bash']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/MEMLAPSE_AC_BASH_SETUP_PATH/);
});

interface RowsSchema {
  readonly items: { readonly properties: object };
}
/** Of plugins that several systems have: one of each. */
interface EitherSchema {
  readonly anyOf: readonly RowsSchema[];
}
type PublishedSchema = RowsSchema | EitherSchema;

const columnNames = (schema: PublishedSchema) =>
  ('anyOf' in schema ? schema.anyOf : [schema]).flatMap(({ items }) => Object.keys(items.properties));

const schemas = new Map<string, PublishedSchema>();

/** What `memlapse schema NAME` prints, asked once. */
async function published(name: string): Promise<PublishedSchema> {
  const known = schemas.get(name) ?? (JSON.parse((await memlapse(folder, ['schema', name])).stdout) as PublishedSchema);
  schemas.set(name, known);
  return known;
}

/** Output of `run all --json` against what `schema` promises; names of plugins that could not run. */
async function validated(args: readonly string[]): Promise<{ readonly refused: string[]; readonly rows: number }> {
  const { code, stdout } = await memlapse(folder, ['run', 'all', '--json', '-q', ...args]);
  expect([0, 1]).toContain(code);
  const results: Record<string, unknown[] | null> = JSON.parse(stdout);
  const ajv = new Ajv2020({ allErrors: true, strict: false, formats: { 'date-time': true } });
  const names = Object.keys(results);
  let rows = 0;
  for (let at = 0; at < names.length; at += 4) {
    await Promise.all(
      names.slice(at, at + 4).map(async (name) => {
        const schema = await published(name);
        expect(columnNames(schema).filter((key) => !/^[a-z][a-zA-Z0-9]*$/.test(key))).toEqual([]);
        const result = results[name];
        if (result === null || result === undefined) return;
        rows += result.length;
        expect(ajv.validate(schema, result) ? '' : `${name}: ${ajv.errorsText().slice(0, 500)}`).toBe('');
      }),
    );
  }
  return { refused: names.filter((name) => results[name] === null), rows };
}

describe('--json fits the published schema', { timeout: HOUR }, () => {
  it('of every plugin that runs on the synthetic guest', async () => {
    const { refused, rows } = await validated(['-f', writeGuest(folder)]);
    expect(rows).toBeGreaterThan(300);
    for (const name of ['pslist', 'handles', 'maps', 'modules', 'mounts', 'strings'])
      expect(refused).not.toContain(name);
  });

  const real = typedLinuxImages().filter(({ name }) => name === 'linux-amd64-6.1');
  it.skipIf(real.length === 0)('of every plugin on a real image', async () => {
    for (const test of real) {
      const profile = await profilePathOf(test);
      const args = ['-f', await test.path(), ...(profile === undefined ? [] : ['--profile', profile])];
      const { refused, rows } = await validated(args);
      expect(refused).toEqual([]);
      expect(rows).toBeGreaterThan(100_000);
    }
  });
});
