import { describe, expect, test } from 'vitest';
import { compareMembers } from '../../../src/analysis/changes/compare-members.js';
import type { Change } from '../../../src/analysis/changes/compare-objects.js';
import { comparedPlugins } from '../../../src/analysis/changes/compared-plugins.js';
import { ObjectSeries } from '../../../src/analysis/series/object-series.js';
import { SeriesRunner } from '../../../src/analysis/series/series-runner.js';
import type { PhysicalMemory } from '../../../src/memory/physical-memory.js';
import { GuestEditor } from '../synthetic-moments.js';

async function changes(before: PhysicalMemory, after: PhysicalMemory, choice = {}): Promise<string[]> {
  const objects = await ObjectSeries.create(new SeriesRunner({ cache: false }), { name: 'before', memory: before });
  const plugins = await comparedPlugins('linux');
  const found: Change[] = [];
  const [a, b] = [
    { name: 'before', memory: before },
    { name: 'after', memory: after },
  ];
  for await (const change of compareMembers(objects, plugins, a, b, choice, () => {})) found.push(change);
  return found.map(({ kind, change, object, field, before: old, after: now }) =>
    [kind, change, object, ...(field === undefined ? [] : [field, String(old), String(now)])].join(' | '),
  );
}

const base = await GuestEditor.open();
const edited = () => GuestEditor.open(base.bytes);

describe('the changes between two moments', () => {
  test('are none when nothing changed', async () => {
    expect(await changes(base.memory, base.memory)).toEqual([]);
  });

  test('name the field of a process that changed, and only that', async () => {
    const after = (await edited()).rename(100, 'renamed');
    expect(await changes(base.memory, after.memory)).toEqual([
      'process | changed | sh (pid 100) | name | sh | renamed',
      'thread | changed | sh (pid 100, tid 100) | name | sh | renamed',
    ]);
  });

  test('tell a process that took over the number and the memory of another one', async () => {
    const after = (await edited()).restart(100, 99_000_000_000n);
    const found = await changes(base.memory, after.memory);
    expect(found.filter((line) => line.startsWith('process'))).toEqual([
      'process | vanished | sh (pid 100)',
      'process | appeared | sh (pid 100)',
    ]);
    // What belongs to it is not the same either, but for its credentials, which come and go with it.
    expect(new Set(found.map((line) => line.split(' | ')[0]))).toEqual(
      new Set(['process', 'thread', 'handle', 'mapping']),
    );
    expect(found.filter((line) => line.includes('changed'))).toEqual([]);
  });

  test('list an unlinked process with everything it had', async () => {
    const after = (await edited()).unlink(100);
    expect(await changes(base.memory, after.memory)).toEqual([
      'process | vanished | sh (pid 100)',
      'thread | vanished | sh (pid 100, tid 100)',
      'thread | vanished | sh-101 (pid 100, tid 101)',
      'thread | vanished | sh-102 (pid 100, tid 102)',
      'handle | vanished | sh (pid 100) fd 0 /dev/console',
      'handle | vanished | sh (pid 100) fd 1 /dev/console',
      'handle | vanished | sh (pid 100) fd 7 /home/user/notes.txt',
      'mapping | vanished | sh (pid 100) 0x400000 /bin/sh',
      'mapping | vanished | sh (pid 100) 0x601000 [heap]',
      'mapping | vanished | sh (pid 100) 0x7ff00000 [stack]',
    ]);
  });

  test('show a system call that leads elsewhere', async () => {
    const target = base.kernel.requireAddress('__x64_sys_call3');
    const after = (await edited()).hook(5, target);
    const old = base.kernel.requireAddress('__x64_sys_call5');
    expect(await changes(base.memory, after.memory)).toEqual([
      'system call | changed | 64-bit 5 call5 | name | call5 | call3',
      `system call | changed | 64-bit 5 call5 | handler | ${old} | ${target}`,
      'system call | changed | 64-bit 5 call5 | symbol | __x64_sys_call5 | __x64_sys_call3',
    ]);
  });

  test('leave out columns on request', async () => {
    const after = (await edited()).rename(100, 'renamed');
    expect(await changes(base.memory, after.memory, { ignore: ['name'] })).toEqual([]);
  });
});
