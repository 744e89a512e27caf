/**
 * The format of an instruction table: one row an encoding, with its semantic function. The tables are the only
 * definition of an instruction; the decoder, both execution tiers and the disassembler are derived from them.
 */
import type { InstructionBuilder } from './instruction-builder.js';

/** Emits what the instruction does. The operands are `b.read(0)`, `b.write(0, …)` and so on. */
export type Semantics = (b: InstructionBuilder) => void;

/** CPUID features that a row can depend on; a model that does not announce it decodes the row to #UD. */
export type Feature =
  | 'cmov' | 'cx8' | 'cx16' | 'tsc' | 'rdtscp' | 'sep' | 'syscall' | 'lm' | 'nopl' | 'fxsr' | 'clflush' | 'xsave'
  | 'fpu' | 'mmx' | 'sse' | 'sse2' | 'sse3' | 'ssse3' | 'sse41' | 'sse42' | 'popcnt' | 'movbe' | 'lzcnt' | 'bmi1'
  | 'bmi2' | 'adx' | 'aes' | 'pclmul' | 'rdrand' | 'rdseed' | 'fsgsbase' | 'smap' | 'umip' | 'clflushopt' | 'clwb' | 'lahf64' | 'tscDeadline'; // biome-ignore format: a list

/** What an instruction is for those who watch programs; see opcode-class.ts for those that its family tells. */
export const OPCODE_CLASSES = [
  'branch', 'conditional', 'call', 'return', 'interrupt', 'privileged', 'port-io', 'string', 'x87', 'vector', 'system',
] as const; // biome-ignore format: a list
export type OpcodeClass = (typeof OPCODE_CLASSES)[number];

export interface RowOptions {
  /** Beside those of its family. 'branch' is what takes branches, 'privileged' what only ring 0 may do. */
  readonly classes?: readonly OpcodeClass[];
  /** '64': only in 64-bit mode; 'legacy': everywhere else. */
  readonly mode?: '64' | 'legacy';
  readonly feature?: Feature;
  /** The instruction leaves the block (branch, or state that blocks depend on changes). */
  readonly ends?: boolean;
  /** Runs in the interpreter only: it needs helpers that work on the whole state. */
  readonly interpreterOnly?: boolean;
  /** In 64-bit mode the operand size is 64 bits without REX.W ('default', 66 selects 16) or always ('force'). */
  readonly wide?: 'default' | 'force';
  /** LOCK is allowed when operand 0 is memory. */
  readonly lockable?: boolean;
  /** F2/F3 are repeat prefixes of this row. */
  readonly repeatable?: boolean;
  /** MOV to and from control and debug registers: ModRM.rm is a register whatever ModRM.mod says. */
  readonly ignoresMod?: boolean;
  /** POP: an RSP base in operand 0 means RSP after the pop. */
  readonly popsFirst?: boolean;
}

export interface Row extends RowOptions {
  /**
   * Opcode in the notation of SDM volume 2, 3.1.1: hexadecimal bytes, mandatory prefix first ('66', 'F2', 'F3' or
   * 'NP' for none of them), '/r', '/0' … '/7', '+r' for a register in the low three bits, 'mod3' or 'mem' for the form of ModRM,
   * 'W0'/'W1' for REX.W, 'noRexB'. A byte after a '/digit'
   * group is written as ModRM in full ('0F 01 F8'). Immediates follow from the operands.
   */
  readonly code: string;
  /** Intel mnemonic. */
  readonly name: string;
  /** Operands in the notation of SDM volume 2, appendix A.2, comma separated ('Ev,Gv'). */
  readonly operands: string;
  readonly run: Semantics;
}

/** Writes a row. */
export function row(code: string, name: string, operands: string, run: Semantics, options: RowOptions = {}): Row {
  return { code, name, operands, run, ...options };
}

/** A family: rows that are compiled to handlers together. */
export interface Family {
  readonly name: string;
  readonly rows: readonly Row[];
}
