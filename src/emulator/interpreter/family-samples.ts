/**
 * Sample instructions of a family in one mode: every row in its usual operand sizes and addressing forms. The handler
 * table generates their shapes together, because a module a handler would cost more than the handler.
 */
import type { Decoder } from '../decode/decoder.js';
import { type IndexedRow, opcodeIndex } from '../decode/opcode-index.js';
import type { CpuMode, Instruction } from '../isa/instruction.js';
import type { Family, Row } from '../isa/row.js';

let familyByRow: Map<Row, Family> | undefined;
const rowsByFamily = new Map<Family, Set<IndexedRow>>();

/** All rows with their opcodes, those of several opcodes several times, in the order of the opcode maps. */
export function indexedRows(): IndexedRow[] {
  return opcodeIndex().flatMap((map) => map.flatMap((candidates) => candidates?.rows ?? []));
}

function indexFamilies(): Map<Row, Family> {
  if (familyByRow !== undefined) return familyByRow;
  familyByRow = new Map();
  for (const indexed of indexedRows()) {
    familyByRow.set(indexed.row, indexed.family);
    const rows = rowsByFamily.get(indexed.family) ?? new Set();
    rows.add(indexed);
    rowsByFamily.set(indexed.family, rows);
  }
  return familyByRow;
}

export function familyOf(row: Row): Family | undefined {
  return indexFamilies().get(row);
}

const MANDATORY = { '66': 0x66, f2: 0xf2, f3: 0xf3 } as const;
const ESCAPES: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];

/** ModRM (and SIB) bytes after the reg field: register, [base], [base + index], [disp32], stack-based. */
const FORMS: readonly (readonly number[])[] = [
  [0xc1],
  [0x43, 0],
  [0x44, 0x0b, 0],
  [0x05],
  [0x44, 0x24, 0],
  [0x44, 0x0c, 0],
];
const FORMS_16: readonly (readonly number[])[] = [[0xc1], [0x47, 0], [0x40, 0], [0x06], [0x46, 0]];

/** Compilers use these less: [index + disp32] and, where it is not relative to RIP, [disp32]. */
const RARER_FORMS: readonly (readonly number[])[] = [
  [0x04, 0x0d],
  [0x04, 0x25],
];
/** Kernels and threads reach what is their own by GS. */
const GS = 0x65;

/** How much of a family: what nearly all programs use of it, or what they use here and there as well. */
export type SampleRange = 'common' | 'wide';

function formsOf(mode: CpuMode, range: SampleRange): readonly (readonly number[])[] {
  if (mode.codeSize === 2) return FORMS_16;
  return range === 'wide' ? [...FORMS, ...RARER_FORMS] : FORMS;
}

function prefixesOf({ row, pattern }: IndexedRow, mode: CpuMode, range: SampleRange): number[][] {
  const sizes = mode.codeSize === 8 ? [[], [0x66], [0x48]] : [[], [0x66]];
  const mandatory = pattern.mandatoryPrefix;
  const fixed = mandatory !== undefined && mandatory !== 'none' ? [MANDATORY[mandatory]] : [];
  const repeats = row.repeatable ? [[], [0xf3]] : [[]];
  const segments = range === 'wide' && pattern.hasModrm ? [[], [GS]] : [[]];
  return segments.flatMap((segment) =>
    repeats.flatMap((repeat) => sizes.map((size) => [...segment, ...fixed, ...repeat, ...size])),
  );
}

/** Decoded samples; encodings that this mode or model does not have are left out. */
export function familySamples(
  family: Family,
  mode: CpuMode,
  decoder: Decoder,
  range: SampleRange = 'common',
): Instruction[] {
  indexFamilies();
  const samples: Instruction[] = [];
  const bytes = new Uint8Array(32);
  for (const indexed of rowsByFamily.get(family) ?? []) {
    const { pattern } = indexed;
    const forms = !pattern.hasModrm
      ? [[]]
      : pattern.modrm !== undefined
        ? [[pattern.modrm]]
        : formsOf(mode, range).map(([modrm, ...rest]) => [(modrm as number) | ((pattern.reg ?? 0) << 3), ...rest]);
    for (const prefixes of prefixesOf(indexed, mode, range)) {
      for (const form of forms) {
        bytes.fill(0);
        bytes.set([...prefixes, ...(ESCAPES[pattern.map] as number[]), pattern.opcode, ...form]);
        const one = decoder.decode(bytes, 0, 32, mode);
        if (typeof one === 'object' && one.row === indexed.row) samples.push(one);
      }
    }
  }
  return samples;
}
