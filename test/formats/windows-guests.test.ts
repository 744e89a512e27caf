/** The same Windows guest in every format that Windows guests come in: `pslist` answers alike, with no flag. */
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Image } from '../../src/analysis/image.js';
import pslist from '../../src/analysis/windows/pslist.js';
import { wholeRows } from '../analysis/test-kernels.js';
import { synthesizeNt } from '../synthetic/windows/synthesize-nt.js';
import { buildAvml } from './builders/avml.js';
import { buildBitmapDump, buildFullDump } from './builders/crashdump.js';
import { buildElfCore, qemuCpuNote, vboxNotes } from './builders/elf-core.js';
import { buildKdump } from './builders/kdump.js';
import { buildLime } from './builders/lime.js';
import { buildMigration } from './builders/migration.js';
import { buildVmss } from './builders/vmware.js';
import { openBytes } from './open-bytes.js';

/** Without the start block in low memory, so that registers and tables have to lead to the kernel. */
const nt = synthesizeNt('10.0.17763.2114', { noLowStub: true });
const half = Math.floor(nt.bytes.length / 8192) * 4096;
const guest = [
  { start: 0, bytes: nt.bytes.subarray(0, half) },
  { start: half, bytes: nt.bytes.subarray(half) },
];
const cr3 = BigInt(nt.dtb);
const segments = guest.map(({ start, bytes }) => ({ physical: BigInt(start), bytes }));
const frames = nt.bytes.length / 4096;

const FILES: Readonly<Record<string, () => Buffer>> = {
  'crash dump, full': () => buildFullDump(guest, { bits: 64, cr3 }),
  'crash dump, bitmap': () => buildBitmapDump(guest, frames, { bits: 64, cr3 }),
  'ELF core of QEMU': () => buildElfCore(segments, { notes: [qemuCpuNote(cr3)] }),
  'ELF core of VirtualBox': () => buildElfCore(segments, { notes: vboxNotes(cr3) }),
  'ELF core without registers': () => buildElfCore(segments),
  'VMware state': () => buildVmss(guest, { inside: 'plain' }),
  kdump: () => buildKdump(guest, { flag: 1, compress: (page) => deflateSync(page) }),
  'migration stream': () => buildMigration({ blocks: [{ name: 'pc.ram', bytes: nt.bytes }] }),
  LiME: () => buildLime(guest),
  AVML: () => buildAvml(guest),
};

describe('a Windows guest', () => {
  it.each(Object.entries(FILES))('answers from %s', async (_name, build) => {
    const image = new Image('nt', await openBytes(build()), { cache: false });
    const { location } = await image.requireWindows();
    expect(location.dtb).toBe(nt.dtb);
    const rows = await wholeRows<{ pid: number; name: string }>(image, pslist);
    expect(rows.map(({ pid, name }) => [pid, name])).toEqual(
      nt.truth.processes.filter(({ unlinked }) => unlinked !== true).map(({ pid, name }) => [pid, name]),
    );
    image.close();
  });
});
