/** Members found by their use in memory, against the types that the same kernels have by BTF or DWARF. */
import { describe, expect, it } from 'vitest';
import { openMemory } from '../../../src/formats/open-image.js';
import { PagedAddressSpace } from '../../../src/memory/paged-address-space.js';
import { PAGING_MODES } from '../../../src/memory/paging-modes.js';
import { LinuxKernel } from '../../../src/objects/linux/kernel.js';
import { processes } from '../../../src/objects/linux/tasks.js';
import { BtfTypeSource } from '../../../src/profiles/btf/btf-type-source.js';
import { combineSymbols } from '../../../src/profiles/combine-symbols.js';
import { KernelImage } from '../../../src/profiles/linux/kernel-image.js';
import { loadLinuxProfile } from '../../../src/profiles/linux/load-profile.js';
import { loadExports, loadKallsyms, loadSymbols } from '../../../src/profiles/linux/load-symbols.js';
import { guessTypes } from '../../../src/profiles/linux/load-types.js';
import { imageSlide } from '../../../src/profiles/linux/location.js';
import { moduleTypes } from '../../../src/profiles/linux/module-btf.js';
import { structuralModules } from '../../../src/profiles/linux/structural-modules.js';
import { structuralTypes } from '../../../src/profiles/linux/structural-types.js';
import type { TypeSource } from '../../../src/profiles/types.js';
import { linuxImages, type TestImage } from '../../ground-truth/images.js';
import { bufferMemory } from '../buffer-memory.js';

const found = linuxImages();

/** What has to be found on every kernel, whatever else is. */
const TASK_MEMBERS = [
  ...['tasks', 'comm', 'pid', 'tgid', 'real_parent', 'parent', 'group_leader', 'mm', 'active_mm', 'real_cred', 'cred'],
  ...[
    'signal',
    'thread_node',
    'flags',
    'start_time',
    'start_boottime',
    'stack',
    '__state',
    'exit_state',
    'exit_code',
    'exit_signal',
  ],
];
const CRED_MEMBERS = ['uid', 'gid', 'suid', 'sgid', 'euid', 'egid', 'fsuid', 'fsgid'];

async function open(image: TestImage) {
  const memory = await openMemory(await image.path());
  const loaded = loadLinuxProfile(memory, { cache: false })!;
  const { location, profile } = loaded;
  const space = new PagedAddressSpace('kernel', memory, PAGING_MODES[location.paging], location.dtb);
  const kernel = new KernelImage(memory, profile.pointerSize, imageSlide(location.architecture, location.physBase));
  return { ...loaded, memory, space, kernel };
}

describe.skipIf(found.length === 0).each(found.map((image) => [image.name, image] as const))('%s', (_, image) => {
  it('shows where the members of its tasks and modules are', async () => {
    const { profile, location, space, kernel, memory } = await open(image);
    const tasks = structuralTypes(space, profile.symbols.address('init_task')!);
    const modules = structuralModules(kernel, space, location.textStart);
    const structs = [...(tasks?.structs ?? []), ...(modules?.structs ?? [])];
    const places = structs.map(({ name, fields }) => [
      name,
      [...fields].map(([member, { offset }]) => [member, offset]),
    ]);
    const expected = structs.map(({ name, fields }) => {
      const known = profile.types.struct(name);
      return [name, [...fields.keys()].map((member) => [member, known?.fields.get(member)?.offset])];
    });
    expect(places).toEqual(expected);
    expect(modules?.head).toBe(profile.symbols.address('modules'));

    const members = new Map(structs.map(({ name, fields }) => [name, [...fields.keys()]]));
    expect(members.get('task_struct')).toEqual(expect.arrayContaining(TASK_MEMBERS));
    expect(members.get('cred')).toEqual(CRED_MEMBERS);
    expect(members.get('signal_struct')).toEqual(['nr_threads', 'thread_head']);
    expect(members.get('mm_struct')).toEqual(['pgd']);
    expect(members.get('module')).toEqual(expect.arrayContaining(['state', 'list', 'name']));
    memory.close();
  });

  it('without types says what it found, and what not', async () => {
    const { profile, location, kernel, memory } = await open(image);
    const { types, symbols, gaps, sources } = guessTypes(kernel, location, profile.symbols);
    expect(types.struct('task_struct')?.fields.has('tgid')).toBe(true);
    expect(symbols?.address('modules')).toBe(profile.symbols.address('modules'));
    expect(sources[0]).toMatch(/^types: found by their use in memory \(list_head, task_struct/);
    expect(gaps?.[0]).toMatch(/^types of \S+: all but some members of list_head, task_struct/);
    memory.close();
  });

  it.skipIf(image.arch !== 'amd64')('has the types of every module that is loaded', async () => {
    const { profile, btf, space, memory } = await open(image);
    const kernel = new BtfTypeSource(btf!, 8);
    const sources = [...moduleTypes(space, profile.symbols, kernel, btf!)];
    expect(sources.length).toBe((await image.truth()).lsmod.length);
    const names = sources.flatMap((source) => [...source.structNames()].map((name) => ({ source, name })));
    const unknown = names.filter(({ source, name }) => source.struct(name) === undefined);
    expect(unknown.map(({ name }) => name)).toEqual([]);
    const dangling = names.flatMap(({ source, name }) =>
      [...(source.struct(name)?.fields.values() ?? [])]
        .filter(({ type }) => type.kind === 'struct' && profile.types.struct(type.name) === undefined)
        .map((field) => `${name}.${field.name}`),
    );
    expect(dangling).toEqual([]);
    expect(profile.types.struct('ext4_inode_info')?.fields.get('vfs_inode')?.type).toEqual({
      kind: 'struct',
      name: 'inode',
    });
    memory.close();
  });
});

describe('memory without a kernel', () => {
  it('shows nothing', () => {
    const memory = bufferMemory(Buffer.alloc(0x10_0000, 0x41));
    const space = new PagedAddressSpace('kernel', memory, PAGING_MODES['4-level'], 0x1000);
    expect(structuralTypes(space, 0xffff_ffff_8100_0000n)).toBeUndefined();
    expect(
      structuralModules(new KernelImage(memory, 8, 0xffff_ffff_8000_0000n), space, 0xffff_ffff_8000_0000n),
    ).toBeUndefined();
  });
});

describe.skipIf(found.length === 0)('a kernel that brings no types and for which there is no symbol file', () => {
  it.each(found.map((image) => [image.name, image] as const))(
    '%s: has its processes listed all the same',
    async (_, image) => {
      const { profile, location, kernel, memory } = await open(image);
      const own = loadSymbols(location, loadKallsyms(kernel, location)).symbols;
      const known = combineSymbols(own, loadExports(kernel, location, own).symbols);
      const guessed = guessTypes(kernel, location, known);
      const symbols = combineSymbols(known, guessed.symbols!);
      const list = (types: TypeSource) => {
        const linux = new LinuxKernel(memory, location, { ...profile, types, symbols });
        return [...processes(linux)].map((task) => [
          task.num('tgid'),
          task.text('comm'),
          task.follow('real_cred')?.num('euid.val'),
        ]);
      };
      expect(list(guessed.types)).toEqual(list(profile.types));
      expect(list(guessed.types).length).toBeGreaterThan(50);
      memory.close();
    },
  );
});
