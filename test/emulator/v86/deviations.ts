/** Where v86 differs from the manual, by the instruction at which it shows. Whatever is in no entry here is a defect of ours. */

import { MODES as CPU_MODES } from '../../../src/emulator/cpu/mode.js';
import { PENTIUM3 } from '../../../src/emulator/cpu/models.js';
import { Decoder } from '../../../src/emulator/decode/decoder.js';
import type { Instruction } from '../../../src/emulator/isa/instruction.js';
import type { Slot } from './random-program.js';
import { differences, type SlotEnd } from './slot-end.js';

const decoder = new Decoder(PENTIUM3.features);
const REAL = CPU_MODES[0]!;
const FLAT_32 = CPU_MODES[1 | 4 | 16]!;
const CODE_AT = 0x10000;

export interface Deviation {
  readonly slot: Slot;
  readonly here: SlotEnd;
  readonly there: SlotEnd;
  /** The instruction at which the slot ended here, or which ended before the one that ended it. */
  readonly at: Instruction | undefined;
}

/** The instruction of the slot that stands where execution ended. */
export function instructionAt(slot: Slot, { eip }: SlotEnd): Instruction | undefined {
  const offset = slot.mode === 2 ? eip : eip - CODE_AT;
  if (offset < 0 || offset >= slot.code.length) return undefined;
  const code = Uint8Array.from(slot.code);
  const one = decoder.decode(code, offset, code.length, slot.mode === 2 ? REAL : FLAT_32);
  return typeof one === 'object' ? one : undefined;
}

const sameEnd = (here: SlotEnd, there: SlotEnd): boolean => here.vector === there.vector && here.eip === there.eip;

const isSse = (instruction: Instruction | undefined): boolean => instruction?.row.feature?.startsWith('sse') === true;

const hasBytes = ({ slot }: Deviation, ...bytes: readonly number[]): boolean =>
  slot.code.some((_, at) => bytes.every((byte, i) => slot.code[at + i] === byte));

/** Is nothing different but `bits` of a register? */
const differsOnly = ({ here, there }: Deviation, register: 'eax' | 'ebx', bits: number): boolean =>
  ((here[register] ^ there[register]) & ~bits) === 0 &&
  differences(here, { ...there, [register]: here[register] }).length === 0;

const touchesMemory = ({ row, operands }: Instruction): boolean =>
  operands.some(({ kind }) => kind === 'memory') ||
  row.repeatable === true ||
  /^(push|pop|enter|leave|call|ret|iret)/.test(row.name);

export const DEVIATIONS: readonly { readonly reason: string; readonly applies: (deviation: Deviation) => boolean }[] = [
  {
    reason: 'v86 checks no segment limits (SDM volume 3, 5.3)',
    applies: ({ here, there, at }) =>
      !sameEnd(here, there) &&
      [12, 13].includes(here.vector) &&
      here.error === 0 &&
      at !== undefined &&
      touchesMemory(at),
  },
  {
    reason: 'v86 has no INVD (SDM volume 2, INVD)',
    applies: ({ slot, there }) => there.vector === 6 && instructionAt(slot, there)?.row.name === 'invd',
  },
  {
    reason: 'SSE with CR4.OSFXSR clear raises #UD (SDM volume 3, 13.1.3); v86 does not look at it',
    applies: ({ slot, here }) => here.vector === 6 && isSse(instructionAt(slot, here)),
  },
  {
    reason: 'bits 16 to 19 of what LAR gives are undefined (SDM volume 2, LAR); v86 has those of the limit',
    applies: (deviation) =>
      hasBytes(deviation, 0x0f, 0x02) &&
      differsOnly(deviation, 'ebx', 0xf_0000) &&
      sameEnd(deviation.here, deviation.there),
  },
  {
    reason: 'what IN reads depends on the devices, which are others',
    applies: (deviation) =>
      [0xec, 0xed, 0x6c, 0xe4].some((byte) => hasBytes(deviation, byte)) &&
      differsOnly(deviation, 'eax', -1) &&
      sameEnd(deviation.here, deviation.there),
  },
  {
    reason: 'INVD and WBINVD outside ring 0 raise #GP (SDM volume 2, INVD); v86 has #UD',
    applies: ({ here, there, at }) => here.vector === 13 && there.vector === 6 && /invd$/.test(at?.row.name ?? ''),
  },
  {
    reason: 'LOCK without a lockable destination raises #UD (SDM volume 2, LOCK); v86 ignores it',
    applies: ({ slot, here }) => here.vector === 6 && slot.code[here.eip - (slot.mode === 2 ? 0 : CODE_AT)] === 0xf0,
  },
  {
    reason: 'INT3 and INTO ask for no IOPL in virtual-8086 mode (SDM volume 3, 20.2.7); v86 asks',
    applies: ({ slot, here, there }) => slot.mode === 2 && [3, 4].includes(here.vector) && there.vector === 13,
  },
  {
    reason: 'BOUND is not implemented by v86',
    applies: ({ here, there, at }) => !sameEnd(here, there) && (here.vector === 5 || at?.row.name === 'bound'),
  },
  {
    reason: 'v86 leaves bits 16 to 31 of an error code set (SDM volume 3, 6.13)',
    applies: ({ here, there }) =>
      sameEnd(here, there) && here.error !== there.error && here.error === (there.error & 0xffff),
  },
  {
    reason: 'BTS with a register reads and writes its whole operand (SDM volume 2, BT); v86 touches one byte',
    applies: ({ slot }) => slot.code.some((byte, i) => byte === 0x0f && slot.code[i + 1] === 0xab),
  },
  {
    reason: 'v86 skips far transfers to descriptors that are neither code nor call gates (SDM volume 2, JMP: #GP)',
    applies: ({ here, there, at }) =>
      !sameEnd(here, there) && [11, 13].includes(here.vector) && / far$/.test(at?.row.name ?? ''),
  },
];
