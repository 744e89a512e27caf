/**
 * Kernels of real images: every way to find one leads to the same place, and the symbols are those that the guest's own
 * /proc/kallsyms printed.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMemory } from '../../../src/formats/open-image.js';
import type { PhysicalMemory } from '../../../src/memory/physical-memory.js';
import { findLinuxKernel } from '../../../src/profiles/linux/find-linux-kernel.js';
import { loadLinuxProfile } from '../../../src/profiles/linux/load-profile.js';
import { locateByContent, locateByRoots } from '../../../src/profiles/linux/locate-by-content.js';
import { locateByVmcoreinfo } from '../../../src/profiles/linux/locate-by-vmcoreinfo.js';
import type { LinuxKernelLocation } from '../../../src/profiles/linux/location.js';
import { findVmcoreInfo, parseVmcoreInfo, vmcoreNumber, vmcoreSymbol } from '../../../src/profiles/linux/vmcoreinfo.js';
import { linuxImages, type TestImage } from '../../ground-truth/images.js';

const found = linuxImages();

describe.skipIf(found.length === 0)('kernels of real images', () => {
  describe.each(found.map((image) => [image.name, image] as const))('%s', (_, image) => {
    let memory: PhysicalMemory;

    beforeAll(async () => {
      memory = await openMemory(await image.path());
    });

    afterAll(() => memory.close());

    it('has its VMCOREINFO where the guest said', async () => {
      const { physicalAddress } = (await image.truth()).vmcoreinfo;
      const text = await rawNoteText(image, physicalAddress);
      expect([...(findVmcoreInfo(memory).next().value ?? [])]).toEqual([...(parseVmcoreInfo(text) ?? [])]);
    });

    it('lies where VMCOREINFO says, by every way of finding it', async () => {
      const { physicalAddress } = (await image.truth()).vmcoreinfo;
      const expected = await truthOf(image, await rawNoteText(image, physicalAddress));
      const info = findVmcoreInfo(memory).next().value;
      const ways = {
        inOrder: findLinuxKernel(memory),
        record: info && locateByVmcoreinfo(memory, info),
        // Only amd64 leaves a root in low memory.
        ...(image.arch === 'amd64' ? { roots: locateByRoots(memory)?.location } : {}),
        // Reads all of memory, so not on a large image.
        ...(memory.end < 2 ** 30 ? { content: locateByContent(memory)?.location } : {}),
      };
      for (const [way, location] of Object.entries(ways))
        expect({ way, ...essence(location) }).toEqual({ way, ...expected });
    });

    it('has the symbols of /proc/kallsyms, all of them, in order', async () => {
      const { kallsyms } = await image.truth();
      const own = kallsyms
        .filter(({ module }) => module === undefined)
        .map(({ address, type, name }) => `${address.toString(16)} ${type} ${name}`);
      const symbols = loadLinuxProfile(memory, { cache: false })?.profile.symbols.symbols() ?? [];
      const listed = [...symbols]
        .filter(({ kind }) => kind !== undefined)
        .map(({ address, kind, name }) => `${address.toString(16)} ${kind} ${name}`);
      expect(listed.length).toBe(own.length);
      expect(listed.find((line, index) => line !== own[index])).toBeUndefined();
    });

    it('finds each symbol by name and by address', async () => {
      const { kallsyms } = await image.truth();
      const own = kallsyms.filter(({ module }) => module === undefined);
      const symbols = loadLinuxProfile(memory, { cache: false })?.profile.symbols;
      const first = new Map<string, bigint>();
      for (const { name, address } of own) if (!first.has(name)) first.set(name, address);
      const wrong = [...first].filter(([name, address]) => symbols?.address(name) !== address);
      expect(wrong).toEqual([]);
      const text = own.filter(({ type }) => type === 't' || type === 'T');
      const misnamed = text.filter(({ address }) => symbols?.nearest(address)?.offset !== 0);
      expect(misnamed).toEqual([]);
    });

    it('has the types that the plugins stand on', async () => {
      const types = loadLinuxProfile(memory, { cache: false })?.profile.types;
      const fields = ['tasks', 'pid', 'tgid', 'comm', 'mm', 'real_parent', 'files', 'nsproxy', 'signal'];
      expect(fields.filter((field) => types?.struct('task_struct')?.fields.has(field) !== true)).toEqual([]);
    });
  });
});

/** The note's text as it stands in the raw image, where the guest's /sys/kernel/vmcoreinfo says. */
async function rawNoteText(image: TestImage, address: bigint): Promise<string> {
  const note = readSlice(await image.path(), Number(address), 4096);
  return note.toString('latin1', 24, 24 + note.readUInt32LE(4));
}

function readSlice(path: string, offset: number, length: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
  } finally {
    closeSync(file);
  }
}

/** What the guest says of itself: /proc/version, /proc/kallsyms, and its VMCOREINFO. */
async function truthOf(image: TestImage, text: string): Promise<Partial<LinuxKernelLocation>> {
  const truth = await image.truth();
  const info = parseVmcoreInfo(text) ?? new Map<string, string>();
  const textStart = truth.kallsyms.find(({ name }) => name === '_stext')?.address ?? 0n;
  const physBase = Number(vmcoreNumber(info, 'phys_base') ?? 0n);
  const root = vmcoreSymbol(info, 'swapper_pg_dir') ?? 0n;
  const slide = image.arch === 'amd64' ? 0xffff_ffff_8000_0000n - BigInt(physBase) : 0xc000_0000n;
  const offset = info.get('KERNELOFFSET');
  return {
    architecture: image.arch,
    paging: pagingOf(image, info),
    dtb: Number(root - slide),
    kaslrOffset: offset === undefined ? textStart - 0xc100_0000n : BigInt(`0x${offset}`),
    physBase,
    textStart,
    release: info.get('OSRELEASE') ?? '',
    banner: truth.version,
  };
}

function pagingOf(image: TestImage, info: ReadonlyMap<string, string>): LinuxKernelLocation['paging'] {
  if (image.arch === 'i386') return info.get('CONFIG_X86_PAE') === 'y' ? 'PAE' : '32-bit';
  return info.get('NUMBER(pgtable_l5_enabled)') === '1' ? '5-level' : '4-level';
}

function essence(location: LinuxKernelLocation | undefined): Partial<LinuxKernelLocation> {
  const { vmcoreinfo: _, ...rest } = location ?? ({} as LinuxKernelLocation);
  return rest;
}
