import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readPdb } from '../../../src/formats/pdb/pdb-file.js';
import { openFileSource } from '../../../src/formats/sources/file-source.js';
import { fieldEntries } from '../../../src/profiles/pdb/field-list.js';
import { hasDebianTool } from '../../support/debian-tool.js';
import { type LlvmAggregate, llvmAggregates } from './llvm-types.js';
import { samplePdb } from './sample-pdb.js';

const folder = mkdtempSync(join(tmpdir(), 'memlapse-pdb-'));
const sample = join(folder, 'ntkrnlmp.pdb');
writeFileSync(sample, samplePdb());
afterAll(() => rmSync(folder, { recursive: true }));

/** More databases to judge: those in the folder that MEMLAPSE_PDBS names. */
const others = process.env.MEMLAPSE_PDBS;
const files = [sample, ...(others === undefined ? [] : readdirSync(others).map((name) => join(others, name)))];
const KINDS: Readonly<Record<string, string>> = { LF_UNION: 'union', LF_ENUM: 'enum' };

/** The same from our reader. */
function ours(path: string): Map<number, Omit<LlvmAggregate, 'kind'> & { kind: string }> {
  const { types } = readPdb(openFileSource(path));
  const out = new Map<number, LlvmAggregate>();
  for (let index = types.firstIndex; index < types.endIndex; index++) {
    const aggregate = types.aggregate(index);
    if (aggregate === undefined) continue;
    const { kind, name, size, isForward, fields } = aggregate;
    const described = [...fieldEntries(types, fields)].flatMap((field) => {
      if (field.kind === 'member') return [`${field.name} ${field.offset}`];
      return field.kind === 'constant' ? [`${field.name} = ${field.value}`] : [];
    });
    out.set(index, { kind, name, size, isForward, fields: described });
  }
  return out;
}

describe.skipIf(!hasDebianTool('llvm-pdbutil', 'llvm'))('program databases as LLVM reads them', () => {
  it.each(files)('%s', (path) => {
    const theirs = [...llvmAggregates(path)].map(([index, one]) => [
      index,
      { ...one, kind: KINDS[one.kind] ?? 'struct' },
    ]);
    expect(theirs.length).toBeGreaterThan(4);
    expect([...ours(path)]).toEqual(theirs);
  });
});
