/**
 * What is said when guests, runs, stores and comparisons are called wrongly: one line, the right exit code, nothing on
 * stdout, and the store as it was.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { writeTinyGuest } from '../live/tiny-guest.js';
import { linuxGuest } from '../synthetic/linux-guest.js';
import { type CommandServer, commandServer, ensureBuilt, memlapse, type Run, scratch } from './run-cli.js';

vi.setConfig({ testTimeout: 180_000 });

const folder = scratch();
const at = (name: string) => join(folder, name);
const store = at('store');

const environment = { MEMLAPSE_STORE: store, MEMLAPSE_GUESTS: at('guests') };
const call = (...args: string[]): Promise<Run> => memlapse(folder, args, environment);

/** Damaged stores, which may take a process down, and orders to a run get a process of their own; all others share one. */
const OWN_PROCESS = / --store |^live (?!run)/;
let server: CommandServer;

/** A store that holds `a` (two moments), `other` (32 bits), and damaged copies of its file in folders of their own. */
beforeAll(async () => {
  await ensureBuilt();
  writeTinyGuest(at('files'), linuxGuest(64));
  writeFileSync(at('a.raw'), linuxGuest(64));
  writeFileSync(at('other.raw'), linuxGuest(32));
  writeFileSync(at('text'), 'hello');
  writeFileSync(at('empty'), '');
  writeFileSync(at('noise'), Buffer.alloc(100_000, 'noise'));
  writeFileSync(at('partial.json'), '{"name":"x"}');
  writeFileSync(at('broken.json'), 'no\njson');
  for (const [name, ...files] of [
    ['a', 'a.raw', 'a.raw'],
    ['other', 'other.raw'],
  ] as const) {
    const { code, stderr } = await call('snapshot', 'import', ...files.map(at), '--name', name, '-q');
    if (code !== 0) throw new Error(stderr);
  }
  await call('guest', 'create', '--name', 'mine', '--kernel', at('files/kernel'), '--memory', '16M');
  for (const name of ['junk', 'cut', 'short', 'folder']) mkdirSync(at(name));
  writeFileSync(at('junk/snapshots.mdb'), Buffer.alloc(10_000, 'junk'));
  for (const name of ['cut', 'short']) copyFileSync(join(store, 'snapshots.mdb'), at(`${name}/snapshots.mdb`));
  truncateSync(at('cut/snapshots.mdb'), 20_000);
  truncateSync(at('short/snapshots.mdb'), 100);
  mkdirSync(at('folder/snapshots.mdb'));
  server = await commandServer(folder, environment);
}, 300_000);
afterAll(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

type Refusal = readonly [args: string, code: 1 | 2, line: RegExp];

/** Words apart by spaces; `~/` stands for the folder of the test. */
const REFUSALS: readonly Refusal[] = [
  // Guests
  ['guest show nobody', 1, /^there is no guest file and no guest 'nobody'; there are mine$/],
  // A folder of that name is where the test runs.
  ['guest show src', 1, /^there is no guest file and no guest 'src'; there are mine$/],
  [
    'guest show ~/broken.json',
    1,
    /broken\.json: is no guest file, for it is no JSON: [^\n]*; make one with `guest create`$/,
  ],
  ['guest check ~/partial.json', 1, /partial\.json: guest must have required property 'kernel'/],
  ['guest create', 2, /^a guest is made of one thing; /],
  ['guest create debian --kernel x --name y', 2, /^a guest is made of one thing; /],
  ['guest create debian --arch arm64', 2, /^Expected --arch=arm64 to be one of: amd64, i386/],
  ['guest create --kernel x', 2, /^the guest has no name; /],
  ['guest create --kernel x --name ../up', 2, /^'\.\.\/up' cannot be a name; /],
  ['guest create --kernel ~/nothing --name y', 1, /^the kernel: \S*nothing: no such file; /],
  ['guest create --kernel ~/text --name y', 1, /^the kernel: /],
  ['guest create --kernel ~/files/kernel --initrd ~/nothing --name y', 1, /^the initrd: \S*nothing: no such file; /],
  [
    'guest create --kernel ~/files/kernel --disk ~/text --name y',
    1,
    /^the disk: \S*text is no raw disk image: 5 bytes; /,
  ],
  ['guest create --kernel ~/files/kernel --name y --memory 12Q', 2, /^'12Q' is no memory size; /],
  ['guest create --kernel ~/files/kernel --name y --memory 1G -o /proc/nope/y.json', 1, /cannot be written: /],
  // Runs
  ['live run', 2, /^no guest is named; /],
  ['live run nobody', 1, /^there is no guest file and no guest 'nobody'; /],
  ['live run mine --from a@1', 2, /^a guest and --from are named: /],
  ['live run --from a@9', 1, /^a has no snapshot @9; `snapshot list a` shows what there is$/],
  ['live run --from a@1', 1, /^a@1 .*; /],
  ['live run mine --name ../up', 2, /^'\.\.\/up' cannot be a name; /],
  [
    'live run mine --every often',
    2,
    /^'often' is neither a span of time nor a number of instructions; write 2s or 100Mi$/,
  ],
  ['live run mine --at 5s,,6s', 2, /^'' is neither /],
  ['live run mine --for 12', 2, /^'12' is neither /],
  ['live run mine --wall 100Mi', 2, /^'100Mi' is no span of time; /],
  ['live run mine --on fork', 2, /^there is no event 'fork'; there are process-create, /],
  ['live run mine --on console', 2, /^the event console takes a TEXT behind a colon; /],
  ['live run mine --on process-exit:7', 2, /^the event process-exit takes nothing behind a colon; /],
  ['live run mine --keep-every 2', 2, /--keep/],
  ['live run mine --script ~/nothing', 1, /nothing: no such file; check the path$/],
  ['live run mine --script ~/text', 1, /^script line 1 is not understood: hello; /],
  ['live run mine --store ~/text', 1, /^the store in \S*text: it is no folder that a store can be in; /],
  ['live run mine --store /proc/nope', 1, /^the store in \/proc\/nope: the folder cannot be made; /],
  ['live start mine --store ~/junk', 1, /^\S*junk\/snapshots\.mdb is no snapshot store, or /],
  ['live status nothing', 1, /^no guest runs as 'nothing'; /],
  ['live send nothing a\\q', 1, /^the text: \\q is no escape; /],
  ['live snapshot nothing --tag last', 2, /^'last' cannot be a tag: @last has a meaning; choose another word$/],
  // Stores
  ['snapshot list nothing', 1, /^there is no series 'nothing' in \S*; there are a, other$/],
  ['snapshot list --store ~/none', 1, /^there is no snapshot store in \S*none; /],
  ['snapshot list --store ~/junk', 1, /^\S*junk\/snapshots\.mdb is no snapshot store, or /],
  ['snapshot list --store ~/short', 1, /^\S*short\/snapshots\.mdb is no snapshot store, or /],
  ['snapshot verify --store ~/cut', 1, /^\S*cut\/snapshots\.mdb was cut short: 20000 of \d+ bytes are there; /],
  ['snapshot list --store ~/folder', 1, /^the store in \S*folder: it is no folder that a store can be in; /],
  ['snapshot verify nothing', 1, /^there is no series 'nothing'/],
  ['snapshot show a@7', 1, /^a has no snapshot @7; /],
  ['snapshot show a@t=x', 2, /^'@t=x' does not name a snapshot; write @3, /],
  ['snapshot show a@1..2', 2, /^'a@1\.\.2' names several snapshots; /],
  ['snapshot list a@2..1', 2, /^a@2 was taken after a@1; write the earlier one first: 1\.\.2$/],
  ['snapshot tag a@1 first', 2, /^'first' cannot be a tag: /],
  ['snapshot tag a@1 t=5', 2, /^'t=5' cannot be a name; /],
  ['snapshot remove', 2, /^no snapshot is named; /],
  ['snapshot remove a@1 a@9', 1, /^a has no snapshot @9; /],
  ['snapshot export a@1 ~/text', 1, /text: exists already; name another file, or replace it with --overwrite$/],
  ['snapshot export a@1 ~/none/x', 1, /none\/x: cannot be created \(ENOENT\); /],
  ['snapshot import ~/nothing --name b', 1, /nothing: no such file; /],
  ['snapshot import ~/empty --name b', 1, /empty: is empty; /],
  ['snapshot import ~/a.raw --name b --time yesterday', 2, /^'yesterday' is not a time; /],
  // Moments and comparisons
  ['pslist -f live:nothing', 1, /^no guest runs as 'nothing'; /],
  ['pslist -f snapshot:a@icount=x', 2, /^'@icount=x' does not name a snapshot; /],
  ['pslist -f snapshot:a --between 2', 2, /^'2' is not a range; /],
  ['pslist -f snapshot:a --between 2..1', 2, /^a@2 was taken after a@1; /],
  ['pslist -f ~/a.raw --between 1..2', 2, /^--between needs a series of snapshots; /],
  ['diff snapshot:a@1', 2, /^two sources are needed; /],
  ['diff snapshot:a@1 snapshot:a@2 --only bytes', 2, /^nothing that is compared is called 'bytes'; choose of /],
  [
    'diff snapshot:a@1 snapshot:a@2 --only processes --ignore processes',
    2,
    /^--ignore leaves out all that --only names; /,
  ],
  ['diff snapshot:a@1 snapshot:a@2 --only code --ignore code', 2, /^--ignore leaves out all that --only names; /],
  ['diff snapshot:a@1 snapshot:a@2 --ignore colour', 2, /^'colour' is neither a kind nor a column/],
  ['diff snapshot:a@1 snapshot:other@1', 1, /^\S*a@1 and \S*other@1 are of different machines: /],
];

test.each(REFUSALS)('%s is refused in one line', async (words, code, line) => {
  const file = join(store, 'snapshots.mdb');
  const before = readFileSync(file);
  const args = words.split(' ').map((word) => word.replace(/^~\//, `${folder}/`));
  const given = OWN_PROCESS.test(words) ? await call(...args) : await server.memlapse(args);
  expect(given.stderr).toMatch(/^memlapse: [^\n]+\n$/);
  expect([given.code, given.stdout]).toEqual([code, '']);
  expect(given.stderr.trim().replace(/^memlapse: /, '')).toMatch(line);
  expect(statSync(file).size).toBe(before.length);
});
