import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GUEST } from '../synthetic/guest-truth.js';
import { ensureBuilt, memlapse, scratch, writeGuest } from './run-cli.js';

const HOUR = 3_600_000;
const folder = scratch();
let guest = '';

beforeAll(async () => {
  await ensureBuilt();
  guest = writeGuest(folder);
}, HOUR);
afterAll(() => rmSync(folder, { recursive: true }));

const pslist = async (...args: string[]) => {
  const { code, stdout, stderr } = await memlapse(folder, ['pslist', '-f', guest, ...args]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};

const truth = GUEST.processes.map(({ pid, ppid, name }) => ({ pid, ppid, name }));
const python = spawnSync('python3', ['-c', '']).status === 0;
/** What Python's own parser makes of `input`, as JSON on its stdout. */
const parsedBy = (script: string, input: string) =>
  JSON.parse(execFileSync('python3', ['-c', `import sys, json, csv\n${script}`], { input, encoding: 'utf8' }));

describe('renderers', { timeout: HOUR }, () => {
  it('json is one array, jsonl an object a line, with the same rows', async () => {
    const [json, jsonl] = await Promise.all([pslist('--json'), pslist('-r', 'jsonl')]);
    const rows = JSON.parse(json);
    expect(rows.map(({ pid, ppid, name }: Record<string, unknown>) => ({ pid, ppid, name }))).toEqual(truth);
    expect(rows[0]).toMatchObject({ createTime: '2026-01-01T00:00:00.100Z', threads: 1 });
    expect(rows[0].offset).toMatch(/^0xffff8cc0[0-9a-f]{8}$/);
    expect(
      jsonl
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(rows);
  });

  it.skipIf(!python)('csv has the rows for a parser that is not ours', async () => {
    const csv = await memlapse(folder, ['cmdline', '-f', guest, '-r', 'csv']);
    const rows = parsedBy('print(json.dumps(list(csv.DictReader(sys.stdin))))', csv.stdout);
    expect(rows.map(({ pid, name, args }: Record<string, string>) => [pid, name, args])).toEqual(
      GUEST.processes.map(({ pid, name, argv = [] }) => [`${pid}`, name, argv.join(' ').trimEnd()]),
    );
  });

  it.skipIf(!python)('dfxml is well-formed and has the rows', async () => {
    const rows = parsedBy(
      `import xml.etree.ElementTree as e
ns = {'m': 'urn:memlapse:rows'}
print(json.dumps([[r.find('m:pid', ns).text, r.find('m:name', ns).text] for r in e.parse(sys.stdin).getroot().findall('m:pslist', ns)]))`,
      await pslist('-r', 'dfxml'),
    );
    expect(rows).toEqual(truth.map(({ pid, name }) => [`${pid}`, name]));
  });

  it('bodyfile has eleven fields and a time a line', async () => {
    const lines = (await pslist('-r', 'bodyfile')).trimEnd().split('\n');
    expect(lines.map((line) => line.split('|').length)).toEqual(truth.map(() => 11));
    expect(lines.map((line) => Number(line.split('|')[10]))).toEqual(
      GUEST.processes.map(({ started }) => GUEST.booted + Math.floor(started)),
    );
  });

  it('timesketch has what its importer asks for', async () => {
    const lines = (await pslist('-r', 'timesketch'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(truth.length);
    for (const line of lines) {
      expect(line).toMatchObject({ message: expect.any(String), timestamp_desc: 'process created' });
      expect(new Date(line.datetime).toISOString()).toMatch(/^2026-01-01T00:/);
    }
  });

  it('tree indents children below their parents', async () => {
    const { stdout } = await memlapse(folder, ['pstree', '-f', guest]);
    const depth = new Map(
      stdout
        .split('\n')
        .slice(1, -1)
        .map((line) => [Number(/\d+/.exec(line)?.[0]), line.search(/\d/)]),
    );
    const parents = new Map(truth.map(({ pid, ppid }) => [pid, ppid]));
    expect([...depth.keys()].sort((a, b) => a - b)).toEqual(truth.map(({ pid }) => pid));
    for (const [pid, indent] of depth) {
      const above = depth.get(parents.get(pid) ?? 0);
      expect(indent).toBe(above === undefined ? 0 : above + 2);
    }
  });

  it('none prints nothing', async () => expect(await pslist('-r', 'none')).toBe(''));
});

describe('columns and filters', { timeout: HOUR }, () => {
  it('shows the columns asked for, in that order, in every case', async () => {
    expect((await pslist('--columns', 'NAME,pid', '-r', 'csv')).split('\n').slice(0, 2)).toEqual([
      'name,pid,partial',
      'init,1,',
    ]);
  });

  it.each([
    [['name=sh'], [100]],
    [
      ['pid>=100', 'pid<4000'],
      [100, 120],
    ],
    [['name~^K'], [2, 9]],
    [
      ['ppid!=0', 'ppid!=2'],
      [100, 120, 4000],
    ],
    [['uid=0x3e8'], [100, 120, 4000]],
    [['createTime<2026-01-01T00:00:02Z'], [1, 2]],
  ])('keeps the rows that fit %j', async (filters, pids) => {
    const flags = filters.flatMap((filter) => ['--filter', filter]);
    expect(JSON.parse(await pslist('--json', ...flags)).map(({ pid }: { pid: number }) => pid)).toEqual(pids);
  });
});

describe('--output', { timeout: HOUR }, () => {
  const dump = (into: string) =>
    memlapse(folder, ['maps', '-f', guest, '--pid', '100', '--dump', '-o', into, '--json']);

  it('writes into the folder and nowhere else, and overwrites nothing', async () => {
    const into = join(folder, 'out');
    const around = () =>
      readdirSync(folder)
        .filter((name) => name !== 'out')
        .sort();
    const before = around();
    const first = await dump(into);
    const names = readdirSync(into).sort();
    const contents = names.map((name) => readFileSync(join(into, name)));
    expect(first.code).toBe(0);
    expect(names).toHaveLength(3);
    await dump(into);
    expect(readdirSync(into).sort()).toEqual([...names, ...names.map((name) => `${name}.1`)].sort());
    expect(names.map((name) => readFileSync(join(into, name)))).toEqual(contents);
    expect(around()).toEqual(before);
  });

  it('holds the memory of the process: its arguments stand on its stack', async () => {
    const into = join(folder, 'stack');
    const rows = JSON.parse((await dump(into)).stdout);
    const stack = rows.find(({ path }: { path: string }) => path === '[stack]');
    expect(readFileSync(stack.file).length).toBe(2 * 4096);
    expect(readFileSync(stack.file).includes('HOME=/home/user\0SHLVL=100\0')).toBe(true);
  });

  it('says so when the folder cannot be made', async () => {
    const { code, stderr, stdout } = await dump(join(guest, 'below-a-file'));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^memlapse: the folder .* cannot be made: [^\n]*; choose another with --output\n$/);
  });

  it('does not follow a link that lies in its way', async () => {
    const into = join(folder, 'linked');
    mkdirSync(into);
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'untouched');
    const names = readdirSync(join(folder, 'out')).filter((name) => !name.endsWith('.1'));
    for (const name of names) symlinkSync(victim, join(into, name));
    expect((await dump(into)).code).toBe(0);
    expect(readFileSync(victim, 'utf8')).toBe('untouched');
  });
});

describe('the configuration file', { timeout: HOUR }, () => {
  const configured = (text: string, ...args: string[]) => {
    const path = join(folder, 'config.json');
    writeFileSync(path, text);
    return memlapse(folder, ['pslist', ...args], { MEMLAPSE_CONFIG: path });
  };

  it('gives defaults that flags go before', async () => {
    const text = JSON.stringify({ file: guest, renderer: 'jsonl', columns: { pslist: ['name'] } });
    expect((await configured(text)).stdout.split('\n')[0]).toBe('{"name":"init"}');
    expect((await configured(text, '-r', 'csv', '--columns', 'pid')).stdout.split('\n')[1]).toBe('1,');
  });

  it.each([
    ['{ not json', /config\.json cannot be read: .*; mend or remove it/],
    ['{"renderer": "pdf"}', /config\.json: .*renderer/],
    ['{"colour": "red"}', /config\.json: .*additional properties/],
    ['{"columns": {"pslist": "name"}}', /config\.json: .*columns/],
  ])('is refused in one line when it says %s', async (text, line) => {
    const { code, stdout, stderr } = await configured(text, '-f', guest);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^memlapse: [^\n]+\n$/);
    expect(stderr).toMatch(line);
  });

  it('must exist when it is named', async () => {
    const { code, stderr } = await memlapse(folder, ['pslist', '-f', guest], { MEMLAPSE_CONFIG: join(folder, 'no') });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^memlapse: MEMLAPSE_CONFIG names .*, which does not exist/),
    ]);
  });
});

describe('run', { timeout: HOUR }, () => {
  it('gives one object with an array for each plugin', async () => {
    const { code, stdout } = await memlapse(folder, ['run', 'pslist', 'linux.lsmod', '-f', guest, '--json']);
    const result = JSON.parse(stdout);
    expect([code, Object.keys(result)]).toEqual([0, ['pslist', 'modules']]);
    expect(result.modules.map(({ name }: { name: string }) => name)).toEqual(GUEST.modules.map(({ name }) => name));
  });

  it('goes on behind a plugin that cannot run, says so, and ends with 1', async () => {
    const { code, stdout, stderr } = await memlapse(folder, ['run', 'netstat', 'pslist', '-f', guest, '--json']);
    const result = JSON.parse(stdout);
    expect([code, result.netstat, result.pslist.length]).toEqual([1, null, truth.length]);
    expect(stderr).toMatch(/^memlapse: netstat: [^\n]+\nmemlapse: 1 of 2 plugins could not run on [^\n]+\n$/);
  });
});
