/**
 * Machine code -> text, from the same tables and the same decoder that the processor runs on. Knows no machine, no
 * memory and no symbols: bytes come in, names of addresses through a callback.
 */
import { Decoder, MAX_LENGTH } from '../decode/decoder.js';
import type { CpuMode, Instruction } from '../isa/instruction.js';
import type { Feature } from '../isa/row.js';
import { FAMILIES } from '../isa/tables.js';
import type { CodeWidth, Subject, Symbolize, Syntax } from './disassembled.js';
import { readEncoding } from './encoding.js';
import { FORMS } from './forms.js';
import { mnemonicOf, namedImmediate } from './mnemonic.js';
import { operandTexts } from './operand-text.js';
import { prefixNames } from './prefix-text.js';

export interface DisassemblyOptions {
  /** 'intel' unless said otherwise. */
  readonly syntax?: Syntax;
  readonly symbolize?: Symbolize;
}

export interface DisassembledInstruction {
  readonly address: bigint;
  readonly length: number;
  readonly bytes: Uint8Array;
  /** With its prefixes: 'lock cmpxchg'. */
  readonly mnemonic: string;
  readonly operands: string;
  /** Mnemonic, operands and, for RIP-relative ones, the address meant. */
  readonly text: string;
}

const MODES: Readonly<Record<CodeWidth, CpuMode>> = {
  16: { key: 0, codeSize: 2, stackSize: 2, user: false, flat: true },
  32: { key: 1, codeSize: 4, stackSize: 4, user: false, flat: true },
  64: { key: 2, codeSize: 8, stackSize: 8, user: false, flat: true },
};

const everyFeature = (): ReadonlySet<Feature> =>
  new Set(FAMILIES.flatMap(({ rows }) => rows.flatMap(({ feature }) => (feature === undefined ? [] : [feature]))));

let decoder: Decoder | undefined;

function textOf(subject: Subject): { mnemonic: string; operands: string; text: string } {
  const { instruction, form, syntax, symbolize } = subject;
  const { row } = instruction;
  const texts = [...operandTexts(subject)];
  if (namedImmediate(instruction) !== undefined) texts.pop();
  const codes = (form.operands ?? row.operands).split(',');
  const written = texts.map(({ text }, i) => (codes[i] === 'STi' && text.endsWith('st') ? `${text}(0)` : text));
  const branches = row.name === 'jmp' || row.name === 'call' || row.name.endsWith(' far');
  const far = instruction.row.operands === 'Ap';
  if (codes.at(-1) === '1') written[written.length - 1] = '1';
  if (syntax === 'att') {
    if (codes.includes('DX')) written[codes.indexOf('DX')] = '(%dx)';
    if (codes.at(-1) === '1') written.pop();
    if (branches && !far && instruction.operands[0]?.kind !== 'relative') written[0] = `*${written[0]}`;
    if (form.intelOrder !== true) written.reverse();
  } else if (far) written.splice(0, 2, `${written[1]}:${written[0]}`);
  const mnemonic = [...prefixNames(subject), mnemonicOf(subject)].join(' ');
  const operands = written.join(',');
  const target = texts.find((one) => one.target !== undefined)?.target;
  const symbol = target === undefined ? undefined : symbolize(target);
  const note =
    target === undefined ? '' : `        # 0x${target.toString(16)}${symbol === undefined ? '' : ` <${symbol}>`}`;
  return { mnemonic, operands, text: operands === '' ? mnemonic : `${mnemonic.padEnd(6)} ${operands}${note}` };
}

function unknown(address: bigint, byte: number, mnemonic: string): DisassembledInstruction {
  const operands = mnemonic === '.byte' ? `0x${byte.toString(16)}` : '';
  const bytes = Uint8Array.of(byte);
  return {
    address,
    length: 1,
    bytes,
    mnemonic,
    operands,
    text: operands === '' ? mnemonic : `${mnemonic} ${operands}`,
  };
}

function describe(
  instruction: Instruction,
  bytes: Uint8Array,
  address: bigint,
  options: DisassemblyOptions,
): DisassembledInstruction {
  const { row, mode, length } = instruction;
  const subject: Subject = {
    instruction,
    encoding: readEncoding(bytes, mode.codeSize === 8),
    form: { ...FORMS[row.name], ...FORMS[row.code] },
    address,
    syntax: options.syntax ?? 'intel',
    symbolize: options.symbolize ?? (() => undefined),
  };
  return { address, length, bytes, ...textOf(subject) };
}

/**
 * Disassembles `bytes`, of which the first lies at `address`, one after the other to their end. Never throws: what is no
 * instruction is `(bad)`, what is cut off by the end `.byte`, each one byte long.
 */
export function* disassemble(
  bytes: Uint8Array,
  address: bigint,
  width: CodeWidth,
  options: DisassemblyOptions = {},
): Generator<DisassembledInstruction, void> {
  decoder ??= new Decoder(everyFeature());
  const mode = MODES[width];
  for (let at = 0; at < bytes.length; ) {
    const found = decoder.decode(bytes, at, bytes.length, mode);
    const here = address + BigInt(at);
    const one =
      typeof found === 'object'
        ? describe(found, bytes.subarray(at, at + found.length), here, options)
        : unknown(here, bytes[at] as number, found === 'short' && bytes.length - at < MAX_LENGTH ? '.byte' : '(bad)');
    yield one;
    at += one.length;
  }
}
