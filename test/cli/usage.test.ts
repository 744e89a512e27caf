import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linuxGuest } from '../synthetic/linux-guest.js';
import { ensureBuilt, memlapse, scratch, shell, writeGuest } from './run-cli.js';

const folder = scratch();
let guest = '';
const HOUR = 3_600_000;

beforeAll(async () => {
  await ensureBuilt();
  guest = writeGuest(folder);
  mkdirSync(join(folder, 'directory'));
  writeFileSync(join(folder, 'empty'), '');
  // Noise that happens to be no known format.
  writeFileSync(
    join(folder, 'garbage'),
    Uint8Array.from({ length: 100_000 }, (_, at) => (at * 7919) >>> 5),
  );
  const packed = gzipSync(linuxGuest(64));
  writeFileSync(join(folder, 'half.gz'), packed.subarray(0, packed.length / 2));
}, HOUR);
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

/** One line on stderr, nothing on stdout, and the exit code. */
const REFUSALS: readonly (readonly [what: string, args: () => string[], code: number, line: RegExp])[] = [
  ['no image', () => ['pslist'], 2, /no image is named; give one with --file/],
  ['a missing file', () => ['pslist', '-f', at('nothing')], 1, /nothing: no such file; check the path/],
  ['a directory', () => ['pslist', '-f', at('directory')], 1, /directory: is a folder; /],
  ['an empty file', () => ['pslist', '-f', at('empty')], 1, /empty: is empty; /],
  ['garbage', () => ['pslist', '-f', at('garbage')], 1, /no kernel was found in .*garbage/],
  ['an unknown flag', () => ['pslist', '--bogus', '-f', guest], 2, /Nonexistent flag: --bogus; see --help/],
  ['a flag without its value', () => ['pslist', '-f'], 2, /Flag --file expects a value; see --help/],
  [
    'an unknown renderer',
    () => ['pslist', '-r', 'pdf', '-f', guest],
    2,
    /Expected --renderer=pdf to be one of: table, json/,
  ],
  [
    'two renderers',
    () => ['pslist', '--json', '-r', 'csv', '-f', guest],
    2,
    /cannot also be provided when using --json/,
  ],
  ['a tree of what has none', () => ['modules', '-r', 'tree', '-f', guest], 2, /modules has no tree; /],
  [
    'an unknown column',
    () => ['pslist', '--columns', 'pid,colour', '-f', guest],
    2,
    /no column 'colour'; the columns are pid, /,
  ],
  ['a filter of an unknown column', () => ['pslist', '--filter', 'colour=red', '-f', guest], 2, /no column 'colour'; /],
  ['no filter', () => ['pslist', '--filter', 'pid', '-f', guest], 2, /'pid' is not a filter; write /],
  [
    'a broken regular expression',
    () => ['pslist', '--filter', 'name~(', '-f', guest],
    2,
    /'\(' is not a regular expression/,
  ],
  ['a broken list of ids', () => ['maps', '--pid', '1,x', '-f', guest], 2, /'x' is not a number or a range/],
  ['a broken address', () => ['maps', '--address', '0xzz', '-f', guest], 2, /'0xzz' is not an address; /],
  ['a missing option', () => ['regex', '-f', guest], 2, /Missing required flag pattern; see --help/],
  ['a choice not made', () => ['yara', '-f', guest], 2, /yara needs one of --rules, --text, --hex/],
  ['a dump of nothing', () => ['dump', '-f', guest], 2, /dump needs one of --pid, --address/],
  ['a missing symbol file', () => ['pslist', '-f', guest, '--profile', at('none.json')], 1, /none\.json/],
  ['an unknown plugin', () => ['blorb', '-f', guest], 2, /there is no plugin 'blorb'; the plugins are banners, /],
  [
    'an ambiguous part of a name',
    () => ['check', '-f', guest],
    2,
    /'check' may mean check-afinfo, .*; write more of the name/,
  ],
  ['run without plugins', () => ['run', '-f', guest], 2, /no plugin is named; /],
  ['run with an unknown one', () => ['run', 'pslist', 'blorb', '-f', guest], 2, /there is no plugin 'blorb'/],
  ['the schema of an unknown one', () => ['schema', 'blorb'], 2, /there is no plugin 'blorb'/],
];

describe('one clear line for', () => {
  it.each(REFUSALS)('%s', { timeout: HOUR }, async (_what, args, code, line) => {
    const { code: given, stdout, stderr } = await memlapse(folder, args());
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^memlapse: [^\n]+\n$/);
    expect(stderr).toMatch(line);
    expect(given).toBe(code);
  });

  it('a compressed file that was cut short, and what it holds is used', { timeout: HOUR }, async () => {
    const { code, stdout, stderr } = await memlapse(folder, [
      'info',
      '-f',
      at('half.gz'),
      '--columns',
      'fact',
      '-r',
      'csv',
    ]);
    expect(stderr).toMatch(/^memlapse: [^\n]*gzip[^\n]*\n$/);
    expect([code, stdout.split('\n')[1]]).toEqual([0, 'image,']);
  });
});

/** Volatility's names, names with their system, unique parts. */
const ALIASES = [
  ['linux.pslist', 'pslist'],
  ['linux.pslist.PsList', 'pslist'],
  ['linux.lsof.Lsof', 'handles'],
  ['linux.lsof', 'handles'],
  ['linux.lsmod', 'modules'],
  ['pslis', 'pslist'],
  ['linux.check_syscall.Check_syscall', 'check-syscall'],
] as const;

describe('other names', () => {
  it.each(ALIASES)('%s is %s', { timeout: HOUR }, async (alias, name) => {
    const [given, own] = await Promise.all([
      memlapse(folder, [alias, '-f', guest]),
      memlapse(folder, ['run', name, '-f', guest]),
    ]);
    expect(given.code).toBe(0);
    expect(own.stdout).toBe(`== ${name} ==\n${given.stdout}`);
    expect(given.stderr).toBe('');
  });

  it('work with a space for the system', { timeout: HOUR }, async () => {
    const { code, stdout } = await memlapse(folder, ['linux', 'pslist', '-f', guest, '--columns', 'name', '-r', 'csv']);
    expect([code, stdout.split('\n')[1]]).toEqual([0, 'init,']);
  });
});

describe('a reader that closes the pipe', () => {
  it.each(['strings', 'pslist -r jsonl', 'run all'])('ends %s quietly', { timeout: HOUR }, async (command) => {
    const line = `set -o pipefail; memlapse ${command} -q -f '${guest}' | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await shell(folder, line);
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toHaveLength(2);
  });
});
