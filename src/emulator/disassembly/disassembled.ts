/** What the disassembler works on and what it gives. */
import type { Instruction } from '../isa/instruction.js';
import type { Encoding } from './encoding.js';
import type { Form } from './forms.js';

export type Syntax = 'intel' | 'att';

/** Width of code in bits. */
export type CodeWidth = 16 | 32 | 64;

/** The name of an address ('schedule+0x10'), or undefined. */
export type Symbolize = (address: bigint) => string | undefined;

/** One instruction on its way to text. */
export interface Subject {
  readonly instruction: Instruction;
  readonly encoding: Encoding;
  readonly form: Form;
  readonly address: bigint;
  readonly syntax: Syntax;
  readonly symbolize: Symbolize;
}
