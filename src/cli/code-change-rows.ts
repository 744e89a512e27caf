/** Overwritten code as rows of a comparison: the instructions as they were and as they are. */
import type { ChangedCode } from '../analysis/changes/changed-code.js';
import { hex } from '../core/address.js';
import { type DisassembledInstruction, disassemble } from '../emulator/disassembly/disassemble.js';
import type { CodeWidth, Symbolize } from '../emulator/disassembly/disassembled.js';
import type { ChangeRow } from './compare-sources.js';

/** Instructions of one change that a cell shows. */
const SHOWN = 8;

/** One row a stretch: both sides from the first instruction that differs to where they are the same again. */
export function* codeChangeRows(code: ChangedCode, width: CodeWidth, symbolize: Symbolize): Generator<ChangeRow> {
  const before = instructions(code.before, code, width, symbolize);
  const after = instructions(code.after, code, width, symbolize);
  const place = code.symbol ?? hex(code.address);
  let shownTo = 0;
  for (const [start, end] of code.stretches) {
    if (end <= shownTo) continue;
    const stretch = aligned(before, after, start, end);
    shownTo = stretch.end;
    yield {
      kind: 'code',
      change: 'changed',
      object: code.owner === 'kernel' ? place : `${place} [${code.owner}]`,
      field: `${hex(code.address + BigInt(stretch.start))} (+${hex(BigInt(stretch.start))})`,
      before: textOf(before, stretch),
      after: textOf(after, stretch),
    };
  }
}

interface Placed extends DisassembledInstruction {
  /** Bytes from the start of the code. */
  readonly at: number;
}

function instructions(bytes: Uint8Array, { address }: ChangedCode, width: CodeWidth, symbolize: Symbolize): Placed[] {
  return [...disassemble(bytes, address, width, { symbolize })].map((each) => ({
    ...each,
    at: Number(each.address - address),
  }));
}

interface Extent {
  readonly start: number;
  readonly end: number;
}

/** The bytes [start, end), widened to where an instruction begins on both sides. */
function aligned(before: readonly Placed[], after: readonly Placed[], start: number, end: number): Extent {
  const others = new Set(after.map(({ at }) => at));
  const common = before.map(({ at }) => at).filter((at) => others.has(at));
  return {
    start: common.findLast((at) => at <= start) ?? 0,
    end: common.find((at) => at >= end) ?? Number.POSITIVE_INFINITY,
  };
}

function textOf(code: readonly Placed[], { start, end }: Extent): string {
  const inside = code.filter(({ at }) => at >= start && at < end);
  const texts = inside.slice(0, SHOWN).map(({ text }) => text.replaceAll(/\s+/g, ' '));
  return [...texts, ...(inside.length > SHOWN ? [`… (${inside.length} instructions)`] : [])].join('; ');
}
