import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Image } from '../../../src/analysis/image.js';
import { UserError } from '../../../src/core/errors.js';
import { openMemory } from '../../../src/formats/open-image.js';
import { findWindowsKernel } from '../../../src/profiles/windows/find-windows-kernel.js';
import { loadWindowsProfile } from '../../../src/profiles/windows/load-profile.js';
import { selfMappedRoots } from '../../../src/profiles/windows/page-table-roots.js';
import { systemProcessRoots } from '../../../src/profiles/windows/system-process-roots.js';
import { patchedMemory } from '../../analysis/patched-memory.js';
import { onReactOS, REACTOS } from '../../analysis/windows/on-reactos.js';
import { images } from '../../ground-truth/images.js';
import { BufferMemory } from '../../synthetic/buffer-memory.js';
import { synthesizeNt } from '../../synthetic/windows/synthesize-nt.js';

/** By data/README.md beside the image, and by the registers that the emulator printed (CR3). */
const TRUTH = { base: 0x8080_0000n, paging: '32-bit', architecture: 'i386' };

async function registerCr3(): Promise<number> {
  const text = await readFile(await REACTOS!.file('registers.txt'), 'utf8');
  return Number.parseInt(/CR3=([0-9a-f]+)/.exec(text)?.[1] ?? '', 16);
}

onReactOS('the kernel of ReactOS', (opened) => {
  it('is found without registers, by tables that map themselves', async () => {
    const cr3 = await registerCr3();
    expect(findWindowsKernel(opened().image.memory, 'quick')).toMatchObject({ ...TRUTH, dtb: cr3 });
    expect(opened().kernel.location).toMatchObject({ ...TRUTH, dtb: cr3 });
  });

  it('is found by the registers that came with the image', async () => {
    const memory = await openMemory(await REACTOS!.file('mem.elf'));
    expect(memory.registers).not.toEqual([]);
    expect(findWindowsKernel(memory, 'quick')).toMatchObject({ ...TRUTH, dtb: await registerCr3() });
    memory.close();
  });

  it('is found above the lowest memory too, where each process has tables', () => {
    expect(findWindowsKernel(opened().image.memory, 'thorough')).toMatchObject(TRUTH);
  });

  it('is what the System process names as its tables, too', async () => {
    const hints = [...systemProcessRoots(opened().image.memory)];
    expect(hints).toContainEqual({ root: await registerCr3(), mode: '32-bit' });
  });

  it('is the same with a whole symbol file as with the one that is shipped', async () => {
    const profilePath = await REACTOS!.file('symbols.json');
    const whole = loadWindowsProfile(opened().image.memory, { profilePath, cache: false }, 'quick');
    const { profile } = opened().kernel;
    expect(whole?.systemProcess).toBe(opened().kernel.systemProcess.address);
    expect(profile.release).toBe('5.2.3790');
    for (const name of profile.types.structNames()) {
      expect(profile.types.struct(name)?.size, name).toBe(whole?.profile.types.struct(name)?.size);
    }
    for (const { name, address } of profile.symbols.symbols()) {
      expect(whole?.profile.symbols.address(name), name).toBe(address);
    }
  });

  it('is refused with types that do not lead to the System process', async () => {
    const { kernel, image } = opened();
    const space = kernel.space.translate(kernel.systemProcess.addressOf('UniqueProcessId'));
    if (space.kind !== 'mapped') throw new Error('the System process is not mapped');
    const changed = patchedMemory(image.memory, [{ physical: space.physical, bytes: [5] }]);
    expect(() => loadWindowsProfile(changed, { cache: false }, 'quick')).toThrow(UserError);
    expect(() => loadWindowsProfile(changed, { cache: false }, 'quick')).toThrow(/ntoskrnl\.exe\/5E8EF60F44d000/);
  });

  it('is no Linux kernel', async () => {
    await expect(opened().image.requireLinux()).rejects.toThrow(/no Linux kernel .*; it holds Windows/);
    expect(opened().image.os).toBe('windows');
  });
});

describe.each(['6.1.7601.24540', '10.0.14393.4583', '10.0.19041.804', '10.0.22000.739'])('a guest of %s', (version) => {
  it('whose tables do not map themselves is found by its System process', () => {
    const { bytes } = synthesizeNt(version);
    const whole = findWindowsKernel(new BufferMemory(bytes), 'quick');
    if (whole === undefined) throw new Error('the guest is not found as it is');
    const changed = Buffer.from(bytes);
    // Nor is there the record for starting processors, which begins with a jump.
    for (let page = 0; page < 0x10_0000; page += 4096) if (changed[page] === 0xe9) changed[page] = 0;
    for (let root = 0; root < changed.length; root += 4096) {
      for (let entry = 256; entry < 512; entry++) {
        const at = root + entry * 8;
        const leadsTo = Number(changed.readBigUInt64LE(at) & 0x000f_ffff_ffff_f000n);
        if (leadsTo === root && (changed.readUInt8(at) & 0x83) === 3) changed.writeBigUInt64LE(0n, at);
      }
    }
    const memory = new BufferMemory(changed);
    expect([...selfMappedRoots(memory, 0, changed.length)]).toEqual([]);
    expect(findWindowsKernel(memory, 'quick')).toBeUndefined();
    const { base, dtb } = findWindowsKernel(memory, 'thorough') ?? {};
    expect({ base, dtb }).toEqual({ base: whole.base, dtb: whole.dtb });
  });
});

const linux = images().find(({ name }) => name === 'linux-amd64-6.1');

describe.skipIf(linux === undefined)('Linux images (skipped when there is none)', () => {
  it('hold no NT kernel', async () => {
    const memory = await openMemory(await linux!.path());
    expect(findWindowsKernel(memory, 'quick')).toBeUndefined();
    expect(findWindowsKernel(memory, 'thorough')).toBeUndefined();
    const image = new Image('linux', memory, { cache: false });
    await expect(image.requireWindows()).rejects.toThrow(/no Windows kernel .*; it holds Linux/);
    image.close();
  });
});

describe('tables that map themselves', () => {
  const PAGE = 4096;

  it('are told apart by mode', () => {
    const memory = Buffer.alloc(32 * PAGE);
    // 32-bit: entry 0x300. Four-level: any entry of the upper half; NX and accessed bits beside.
    memory.writeUInt32LE((3 * PAGE) | 0x63, 3 * PAGE + 0x300 * 4);
    memory.writeBigUInt64LE((1n << 63n) | BigInt(5 * PAGE) | 0x63n, 5 * PAGE + 0x1ed * 8);
    // PAE: the fourth directory holds all four, and the table of pointers holds them again.
    const directories = [8, 9, 10, 11].map((frame) => frame * PAGE);
    for (const [index, at] of directories.entries()) {
      memory.writeBigUInt64LE(BigInt(at) | 0x63n, 11 * PAGE + index * 8);
      memory.writeBigUInt64LE(BigInt(at) | 1n, 20 * PAGE + 0x40 + index * 8);
    }
    // An entry that leads to the next page, and one that is not present.
    memory.writeUInt32LE((24 * PAGE) | 0x63, 23 * PAGE + 0x300 * 4);
    memory.writeUInt32LE((25 * PAGE) | 0x62, 25 * PAGE + 0x300 * 4);
    expect([...selfMappedRoots(new BufferMemory(memory), 0, memory.length)]).toEqual([
      { root: 3 * PAGE, mode: '32-bit' },
      { root: 5 * PAGE, mode: '4-level' },
      { root: 20 * PAGE + 0x40, mode: 'PAE' },
    ]);
  });
});
