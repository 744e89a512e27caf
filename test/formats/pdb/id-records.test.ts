import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { IdRecords } from '../../../src/formats/pdb/id-records.js';
import { readPdb } from '../../../src/formats/pdb/pdb-file.js';
import { bufferSource } from '../../../src/formats/sources/buffer-source.js';
import { hasDebianTool } from '../../support/debian-tool.js';
import { SAMPLE_IDS, samplePdb } from './sample-pdb.js';

const folder = mkdtempSync(join(tmpdir(), 'memlapse-ids-'));
const sample = join(folder, 'ntkrnlmp.pdb');
writeFileSync(sample, samplePdb());
afterAll(() => rmSync(folder, { recursive: true }));

const ids = () => [...readPdb(bufferSource(samplePdb())).ids!.all()];

describe('ids of a program database', () => {
  it('are functions, methods, strings, lists of them, and places of declarations', () => {
    expect(ids()).toEqual(SAMPLE_IDS.map((record, index) => [0x1000 + index, record]));
  });

  it('end where the stream does, and are none of another stream', () => {
    expect(IdRecords.open(Buffer.alloc(20))).toBeUndefined();
    const stream = Buffer.alloc(64);
    [20_040_203, 56, 0x1000, 0x1009, 8].forEach((value, at) => {
      stream.writeUInt32LE(value, at * 4);
    });
    stream.writeUInt16LE(6, 56);
    stream.writeUInt16LE(0x1604, 58);
    stream.writeUInt32LE(0xffff_ffff, 60);
    const cut = IdRecords.open(stream)!;
    expect(cut.isCut).toBe(true);
    expect([...cut.all()]).toEqual([]);
  });
});

describe.skipIf(!hasDebianTool('llvm-pdbutil', 'llvm'))('ids as LLVM reads them', () => {
  it('are the same, with the same numbers', () => {
    const text = execFileSync('llvm-pdbutil', ['dump', '-ids', sample], { encoding: 'utf8' });
    const theirs = [...text.matchAll(/^ +0x([0-9A-F]+) \| (LF_\w+) \[size = \d+\](.*(?:\n {9,}.*)*)/gm)].map(
      ([, index, kind, rest]) => ({ index: Number.parseInt(index!, 16), kind, rest: rest! }),
    );
    expect(theirs.map(({ index, kind }) => [index, kind])).toEqual([
      [0x1000, 'LF_STRING_ID'],
      [0x1001, 'LF_FUNC_ID'],
      [0x1002, 'LF_MFUNC_ID'],
      [0x1003, 'LF_SUBSTR_LIST'],
      [0x1004, 'LF_STRING_ID'],
      [0x1005, 'LF_BUILDINFO'],
      [0x1006, 'LF_UDT_SRC_LINE'],
      [0x1007, 'LF_UDT_MOD_SRC_LINE'],
    ]);
    for (const [position, [, record]] of ids().entries()) {
      const { rest } = theirs[position]!;
      if ('name' in record) expect(rest).toContain(`name = ${record.name}`);
      if ('line' in record) expect(rest).toContain(`${record.line}`);
      if ('text' in record) expect(rest).toContain(record.text);
    }
  });
});
