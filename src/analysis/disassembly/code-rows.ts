/**
 * Rows of disassembled memory, for the plugins of all systems: where the code is, how it is spelled, what its bytes are.
 * Which memory, and what addresses are called, comes from the system's plugin.
 */
import { column, type Row } from '../../core/columns.js';
import { UsageError, UserError } from '../../core/errors.js';
import { disassemble } from '../../emulator/disassembly/disassemble.js';
import type { CodeWidth, Syntax } from '../../emulator/disassembly/disassembled.js';
import type { FaultLog } from '../../memory/fault-log.js';
import type { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { type OptionsOf, option } from '../plugin.js';

const DEFAULT_COUNT = 20;
const MOST_COUNT = 1_000_000;
const LONGEST_INSTRUCTION = 15;
const CHUNK = 4096;
const SYNTAXES = ['intel', 'att'] as const;
const WIDTHS = [16, 32, 64] as const;

export const CODE_OPTIONS = {
  address: option.text('Where to begin: 0xffffffff81000000, schedule, schedule+0x10', { required: true }),
  count: option.integer(`How many instructions (${DEFAULT_COUNT} unless given)`),
  pid: option.integer('In the memory of this process instead of the kernel’s'),
  syntax: option.text('intel (unless given) or att'),
  bits: option.integer('16, 32 or 64: the width of the code, where it is not that of the kernel'),
};

export const CODE_COLUMNS = {
  address: column.address('Address of the instruction'),
  symbol: column.text('The symbol that it belongs to, with the distance'),
  bytes: column.text('Its bytes'),
  text: column.text('Mnemonic and operands; (bad) for what is no instruction'),
};

/** Where code is to be read, and how its addresses are called. */
export interface CodeSource {
  readonly space: PagedAddressSpace;
  readonly faults: FaultLog;
  readonly bits: CodeWidth;
  /** The address of a symbol by its exact name. */
  readonly addressOf: (symbol: string) => bigint | undefined;
  readonly symbolize: (address: bigint) => string | undefined;
}

function chosen<T extends string | number>(name: string, given: T | undefined, allowed: readonly T[]): T | undefined {
  if (given === undefined || allowed.includes(given)) return given;
  throw new UsageError(`--${name} ${given} is not known`, `give one of ${allowed.join(', ')}`);
}

function startAddress(text: string, addressOf: CodeSource['addressOf']): bigint {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) return BigInt(text);
  const [, name = text, distance = '0'] = /^(.*?)(?:\+(0x[0-9a-f]+|\d+))?$/i.exec(text) ?? [];
  const address = addressOf(name);
  if (address === undefined) {
    throw new UserError(
      `no symbol is called ${name}`,
      'give an address as 0x…, or look for names with `linux kallsyms`',
    );
  }
  return address + BigInt(distance);
}

/**
 * The instructions at the place that `options` name, until as many as wanted are out or memory ends; what ends
 * before an instruction does is noted in the fault log.
 * @throws UserError when nothing is mapped there or no symbol has the name.
 */
export function* codeRows(
  { space, faults, bits, addressOf, symbolize }: CodeSource,
  options: OptionsOf<typeof CODE_OPTIONS>,
): Generator<Row<typeof CODE_COLUMNS>> {
  const syntax: Syntax = chosen('syntax', options.syntax as Syntax | undefined, SYNTAXES) ?? 'intel';
  const width = chosen('bits', options.bits as CodeWidth | undefined, WIDTHS) ?? bits;
  const count = options.count ?? DEFAULT_COUNT;
  if (count < 1 || count > MOST_COUNT) throw new UsageError(`--count ${count} is not between 1 and ${MOST_COUNT}`);
  let at = startAddress(options.address ?? '', addressOf);
  for (let done = 0; done < count; ) {
    const wanted = new Uint8Array(Math.min(CHUNK, (count - done) * LONGEST_INSTRUCTION));
    const bytes = wanted.subarray(0, space.read(at, wanted));
    if (bytes.length === 0 && done === 0) {
      throw new UserError(`nothing is readable at 0x${at.toString(16)} in ${space.name}`, 'check --address and --pid');
    }
    const ends = bytes.length < wanted.length;
    if (ends) faults.note(at + BigInt(bytes.length), space.name);
    if (bytes.length === 0) return;
    const limit = ends ? bytes.length : bytes.length - LONGEST_INSTRUCTION;
    let used = 0;
    for (const one of disassemble(bytes, at, width, { syntax, symbolize })) {
      if (done === count || (used > limit && used > 0)) break;
      yield {
        address: one.address,
        symbol: symbolize(one.address),
        bytes: Buffer.from(one.bytes).toString('hex'),
        text: one.text,
      };
      done++;
      used += one.length;
    }
    if (ends) return;
    at += BigInt(used);
  }
}
