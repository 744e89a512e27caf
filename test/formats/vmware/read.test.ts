import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Image } from '../../../src/analysis/image.js';
import pslist from '../../../src/analysis/windows/pslist.js';
import { UserError } from '../../../src/core/errors.js';
import { openMemory } from '../../../src/formats/open-image.js';
import { wholeRows } from '../../analysis/test-kernels.js';
import { synthesizeNt } from '../../synthetic/windows/synthesize-nt.js';
import { holedGuest, plainGuest } from '../builders/guest.js';
import { buildVmem, buildVmss, type VmwareProcessor } from '../builders/vmware.js';
import { expectGuest, openBytes } from '../open-bytes.js';

const folder = mkdtempSync(join(tmpdir(), 'memlapse-vmware-'));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, bytes: Buffer) => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const processors: VmwareProcessor[] = [
  {
    rip: 0xffff_f800_1234_5678n,
    cr: [0x8005_0033n, 0n, 0x7fff_0000n, 0x1ad000n, 0x6f8n],
    idt: 0xffff_f800_0000_1000n,
    rsp: 0x1000n,
  },
  { rip: 0x7ff6_0000_1000n, cr: [0x8005_0033n, 0n, 0n, 0x2bd000n, 0x6f8n], idt: 0xffff_f800_0000_2000n, rsp: 0x2000n },
];

describe('machines of VMware', () => {
  it.each(['vmss', 'vmsn'])('have their memory where the .%s beside the memory file says', async (ending) => {
    const path = put(`holed-${ending}.vmem`, buildVmem(holedGuest));
    put(`holed-${ending}.${ending}`, buildVmss(holedGuest));
    for (const named of [path, path.replace(/vmem$/, ending)]) {
      const memory = await openMemory(named);
      expect(memory.format).toBe('VMware');
      expectGuest(memory, holedGuest);
      expect(memory.notes).toEqual([]);
      memory.close();
    }
  });

  it('have it inside of their state, of every version', async () => {
    for (const magic of [0xbed0_bed0, 0xbad1_bad1, 0xbed2_bed2, 0xbed3_bed3]) {
      expectGuest(await openBytes(buildVmss(holedGuest, { magic, inside: 'plain' })), holedGuest);
    }
    expectGuest(await openBytes(buildVmss(plainGuest, { inside: 'plain', noRegions: true })), plainGuest);
  });

  it.each([false, true])('have the registers of their processors (in blocks: %s)', async (blocks) => {
    const memory = await openBytes(buildVmss(plainGuest, { inside: 'plain', processors, blocks }));
    expect(
      memory.registers.map(({ cr0, cr3, cr4, rip, idt, general }) => ({ cr0, cr3, cr4, rip, idt, rsp: general?.rsp })),
    ).toEqual(processors.map(({ rip, cr, idt, rsp }) => ({ cr0: cr[0], cr3: cr[3], cr4: cr[4], rip, idt, rsp })));
  });

  it('are raw without a state, and with a file beside that is none', async () => {
    const path = put('alone.vmem', buildVmem(plainGuest));
    put('alone.vmss', Buffer.from('something else'));
    const memory = await openMemory(path);
    expect(memory.format).toBe('raw');
    memory.close();
  });

  it('say what is missing', async () => {
    const path = put('cut.vmem', buildVmem(holedGuest).subarray(0, -0x5000));
    put('cut.vmss', buildVmss(holedGuest));
    const memory = await openMemory(path);
    expect(memory.notes).toEqual(['the file is truncated: 20480 bytes of memory are missing']);
    memory.close();
    const lonely = put('lonely.vmss', buildVmss(holedGuest));
    await expect(openMemory(lonely)).rejects.toThrow(UserError);
    await expect(openMemory(lonely)).rejects.toThrow(/memory is in another file/);
    await expect(openBytes(buildVmss(holedGuest, { inside: 'packed' }))).rejects.toThrow(/compressed/);
  });

  it('with Windows in them answer like any other image', async () => {
    const nt = synthesizeNt('10.0.19041.804');
    const half = Math.floor(nt.bytes.length / 8192) * 4096;
    // The second half lies first in the file.
    const [first, second] = [nt.bytes.subarray(0, half), nt.bytes.subarray(half)];
    const path = put('nt.vmem', Buffer.concat([second, first]));
    put(
      'nt.vmsn',
      buildVmss([
        { start: half, bytes: second },
        { start: 0, bytes: first },
      ]),
    );
    const image = new Image('nt', await openMemory(path), { cache: false });
    expect((await wholeRows<{ pid: number }>(image, pslist)).map(({ pid }) => pid)).toEqual([4, 600, 712, 2604, 3300]);
    image.close();
  });
});
