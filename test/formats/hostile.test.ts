/**
 * Damaged and hostile files of every format: they open or are refused in one line, and what opens can be walked.
 * `MEMLAPSE_FUZZ_RUNS` sets the number of cases a format.
 */
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';
import { scanChunks } from '../../src/memory/scan-chunks.js';
import { buildAvml } from './builders/avml.js';
import { buildBitmapDump, buildFullDump, buildTriageDump, type TriageTruth } from './builders/crashdump.js';
import { buildElfCore, buildNotes, qemuCpuNote, vboxNotes } from './builders/elf-core.js';
import { guestRange } from './builders/guest.js';
import { buildCompressionSets, buildRangeTables } from './builders/hibernation.js';
import { buildKdump, flatten } from './builders/kdump.js';
import { buildLime } from './builders/lime.js';
import { buildMigration } from './builders/migration.js';
import { mutations } from './builders/mutate.js';
import { buildQcow2 } from './builders/qcow2.js';
import { buildVmss } from './builders/vmware.js';
import { buildXz } from './builders/xz.js';
import { buildZstd } from './builders/zstd.js';
import { openBytes } from './open-bytes.js';

const RUNS = Number(process.env.MEMLAPSE_FUZZ_RUNS ?? 150);
/** A damaged header may describe a lot of zeros; walking this much of it shows enough. */
const WALK_BYTES = 2 ** 24;

const guest = [guestRange(0, 0x8000), guestRange(0x10000, 0x1c000)];
const segments = guest.map(({ start, bytes }) => ({ physical: BigInt(start), bytes }));
const notes = [qemuCpuNote(0x1000n), ...vboxNotes(0x2000n)];
const kdump = buildKdump(guest, {
  flag: 1,
  compress: (page) => deflateSync(page),
  notes: buildNotes(notes),
  vmcoreinfo: 'A=1\n',
});
const stream = buildMigration({ blocks: [{ name: 'pc.ram', bytes: guest[0]!.bytes }], zlib: (frame) => frame === 3 });

const triage: TriageTruth = {
  drivers: [{ path: '\\SystemRoot\\nt.exe', base: 0x8280_0000n, size: 0x1000, timestamp: 1 }],
  unloaded: [{ name: 'gone.sys', start: 0x8b00_0000n, end: 0x8b00_4000n }],
  blocks: [{ address: 0x8412_0000n, bytes: Buffer.from('memory') }],
  stack: { address: 0x8ff0_0f00n, bytes: Buffer.alloc(64) },
  structures: [Buffer.alloc(64), Buffer.alloc(64), Buffer.alloc(64)],
};

const files: Record<string, Buffer> = {
  lime: buildLime(guest),
  avml: buildAvml(guest),
  elf64: buildElfCore(segments, { notes }),
  elf32: buildElfCore(segments, { bits: 32, machine: 3, notes, extended: true }),
  kdump,
  diskdump: buildKdump(guest, { signature: 'DISKDUMP', singleBitmap: true, dumpLevel: 1 }),
  flattened: flatten(kdump, 3000),
  crashdump64: buildFullDump(guest, { bits: 64, cr3: 0x1000n }),
  crashdump32: buildFullDump(guest, { bits: 32, cr3: 0x1000n }),
  crashdumpBitmap: buildBitmapDump(guest, 0x40, { bits: 64, cr3: 0x1000n }),
  crashdumpTriage32: buildTriageDump({ bits: 32, cr3: 0x1000n }, triage),
  crashdumpTriage64: buildTriageDump({ bits: 64, cr3: 0x1000n }, triage),
  hibernation: buildCompressionSets([guest[0]!], [guest[1]!], '10 19041 x64'),
  hibernation32: buildCompressionSets([guest[0]!], [guest[1]!], '10 19041'),
  hibernationOld: buildRangeTables(guest, '7 x64'),
  vmware: buildVmss(guest, {
    inside: 'plain',
    processors: [{ rip: 1n, cr: [0n, 0n, 0n, 0x1000n, 0n], idt: 2n, rsp: 3n }],
    blocks: true,
  }),
  migration: stream,
  qcow2: buildQcow2({ snapshots: [{ name: 'a', state: stream }], clusterBits: 9, diskSize: 4096 }),
  gzip: gzipSync(buildLime(guest)),
  xz: buildXz(buildLime(guest)),
  zstd: buildZstd(buildLime(guest)),
};

function walk(memory: PhysicalMemory): void {
  let before = -1;
  for (const { start, end } of memory.ranges) {
    expect(start).toBeGreaterThan(before);
    expect(end).toBeGreaterThan(start);
    before = end;
  }
  expect(memory.end).toBe(Math.max(before, 0));
  expect(memory.end).toBeLessThanOrEqual(2 ** 53);
  for (const note of memory.notes) expect(note).toMatch(/^[^\n]{1,300}$/);
  let walked = 0;
  for (const { bytes } of scanChunks(memory, { chunk: 65536 })) {
    walked += bytes.length;
    if (walked > WALK_BYTES) break;
  }
  for (const { start, end } of memory.ranges.slice(0, 100)) {
    memory.page(Math.floor(start / 4096));
    memory.page(Math.floor((end - 1) / 4096));
    memory.read(end - 1, new Uint8Array(10_000));
  }
}

describe('damaged files', () => {
  test.each(Object.entries(files))('%s', { timeout: 600_000 }, async (_name, file) => {
    await fc.assert(
      fc.asyncProperty(mutations, async (mutate) => {
        let memory: PhysicalMemory;
        try {
          memory = await openBytes(mutate(file), { maxUnpackedBytes: 2 ** 26 });
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          expect(error.message).toMatch(/^[^\n]{1,300}$/);
          expect(error.hint).toMatch(/^[^\n]{1,200}$/);
          return;
        }
        walk(memory);
        memory.close();
      }),
      { numRuns: RUNS },
    );
  });

  test.each(Object.entries(files))('%s, cut at every length of its head', async (_name, file) => {
    for (let length = 1; length < Math.min(file.length, 1500); length += 7) {
      const opening = openBytes(file.subarray(0, length)).then(walk, (error: unknown) => {
        if (!(error instanceof UserError)) throw error;
      });
      await opening;
    }
  });
});
