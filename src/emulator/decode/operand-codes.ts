/**
 * The operand notation of SDM volume 2, appendix A.2: an addressing letter and a size suffix, or a fixed register.
 * Here as a table; `decoder.ts` turns an entry and the instruction's bytes into an operand.
 */
import { InvariantError } from '../../core/errors.js';
import type { RegisterFile } from '../isa/instruction.js';

/** Where the operand comes from. */
export type OperandSource =
  | 'modrm.rm' // register or memory
  | 'modrm.reg'
  | 'opcode' // register in the opcode's low bits
  | 'fixed' // a register by name
  | 'immediate'
  | 'relative'
  | 'offset' // moffs
  | 'pointer' // far pointer: the offset; the selector becomes a second operand
  | 'one' // the constant 1
  | 'stack-top'; // ST(0), or ST(i) from ModRM.rm

/** How many bytes: a number, or by operand size. */
export type OperandSize = number | 'v' | 'z' | 'y' | 'b-or-z';

export interface OperandCode {
  readonly source: OperandSource;
  readonly size: OperandSize;
  readonly file: RegisterFile;
  /** ModRM.rm must be ('memory'), or must not be ('register'), memory. */
  readonly only: 'memory' | 'register' | undefined;
  /** Register number of a fixed register. */
  readonly index: number;
}

const sizes: Readonly<Record<string, OperandSize>> = {
  b: 1, w: 2, d: 4, q: 8, t: 10, dq: 16, x: 16, ps: 16, pd: 16, ss: 4, sd: 8, v: 'v', z: 'z', y: 'y', p: 0, '': 0,
  m14: 14, m28: 28, m94: 94, m108: 108, m512: 512, m576: 576,
}; // biome-ignore format: a table

type Letter = Omit<OperandCode, 'size' | 'index'>;
const letter = (source: OperandSource, file: RegisterFile = 'gpr', only?: 'memory' | 'register'): Letter => ({
  source,
  file,
  only,
});

const letters: Readonly<Record<string, Letter>> = {
  E: letter('modrm.rm'),
  G: letter('modrm.reg'),
  M: letter('modrm.rm', 'gpr', 'memory'),
  R: letter('modrm.rm', 'gpr', 'register'),
  Z: letter('opcode'),
  I: letter('immediate'),
  J: letter('relative'),
  O: letter('offset'),
  A: letter('pointer'),
  S: letter('modrm.reg', 'segment'),
  C: letter('modrm.reg', 'control'),
  D: letter('modrm.reg', 'debug'),
  V: letter('modrm.reg', 'xmm'),
  W: letter('modrm.rm', 'xmm'),
  U: letter('modrm.rm', 'xmm', 'register'),
  P: letter('modrm.reg', 'mmx'),
  Q: letter('modrm.rm', 'mmx'),
  N: letter('modrm.rm', 'mmx', 'register'),
};

const fixed: Readonly<Record<string, OperandCode>> = {
  AL: { source: 'fixed', file: 'gpr', size: 1, only: undefined, index: 0 },
  CL: { source: 'fixed', file: 'gpr', size: 1, only: undefined, index: 1 },
  DX: { source: 'fixed', file: 'gpr', size: 2, only: undefined, index: 2 },
  AX: { source: 'fixed', file: 'gpr', size: 2, only: undefined, index: 0 },
  eAX: { source: 'fixed', file: 'gpr', size: 'z', only: undefined, index: 0 },
  rAX: { source: 'fixed', file: 'gpr', size: 'v', only: undefined, index: 0 },
  XMM0: { source: 'fixed', file: 'xmm', size: 16, only: undefined, index: 0 },
  ST0: { source: 'stack-top', file: 'st', size: 10, only: undefined, index: 0 },
  STi: { source: 'stack-top', file: 'st', size: 10, only: undefined, index: -1 },
  '1': { source: 'one', file: 'gpr', size: 1, only: undefined, index: 1 },
};

/** Parses the operand list of a row. */
export function parseOperands(text: string): readonly OperandCode[] {
  if (text === '') return [];
  return text.split(',').map((code) => {
    const known = fixed[code];
    if (known !== undefined) return known;
    const base = letters[code.slice(0, 1)];
    const size = sizes[code.slice(1)];
    if (base === undefined || size === undefined) throw new InvariantError(`operand code '${code}' is unknown`);
    return { ...base, size, index: 0 };
  });
}
