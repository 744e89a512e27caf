/**
 * The interrupt descriptor table: gates by vector, with the names of the architectural ones.
 *
 * Source: Intel SDM volume 3A, 6.11 and 6.14.1 (gate formats), table 6-1 (vectors).
 */
import { u16, u32 } from '../../core/bytes.js';
import { readBytes } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';

export interface Gate {
  readonly vector: number;
  readonly handler: bigint;
  readonly selector: number;
  /** `interrupt`, `trap`, `task`, or the raw type. */
  readonly type: string;
  readonly dpl: number;
  /** Interrupt stack table entry; 0 for none (64-bit only). */
  readonly ist: number;
}

const VECTORS = 256;

const EXCEPTIONS: readonly (string | undefined)[] = [
  '#DE',
  '#DB',
  'NMI',
  '#BP',
  '#OF',
  '#BR',
  '#UD',
  '#NM',
  '#DF',
  undefined,
  '#TS',
  '#NP',
  '#SS',
  '#GP',
  '#PF',
  undefined,
  '#MF',
  '#AC',
  '#MC',
  '#XM',
  '#VE',
  '#CP',
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  '#HV',
  '#VC',
  '#SX',
];

const TYPES: Readonly<Record<number, string>> = {
  5: 'task',
  6: 'interrupt 16',
  7: 'trap 16',
  14: 'interrupt',
  15: 'trap',
};
const SYSTEM_CALL_VECTOR = 0x80;

/** `#PF`, `syscall`, … ; undefined for vectors that devices use. */
export function vectorName(vector: number): string | undefined {
  return vector === SYSTEM_CALL_VECTOR ? 'system call' : EXCEPTIONS[vector];
}

/** Address of the table: by symbol, else from the registers that came with the image; undefined when neither is there. */
export function idtAddress(kernel: LinuxKernel): bigint | undefined {
  return kernel.address('idt_table') ?? kernel.memory.registers.find(({ idt }) => idt !== undefined)?.idt;
}

/** The present gates of the table at `address`. */
export function* gates(kernel: LinuxKernel, address: bigint): Generator<Gate> {
  const size = kernel.is64Bit ? 16 : 8;
  for (let vector = 0; vector < VECTORS; vector++) {
    const bytes = readBytes(kernel, address + BigInt(vector * size), size);
    if (bytes === undefined) continue;
    const attributes = u16(bytes, 4);
    if ((attributes & 0x8000) === 0) continue;
    const low = BigInt(u16(bytes, 0)) | (BigInt(u16(bytes, 6)) << 16n);
    const type = (attributes >> 8) & 0xf;
    yield {
      vector,
      handler: kernel.is64Bit ? low | (BigInt(u32(bytes, 8)) << 32n) : low,
      selector: u16(bytes, 2),
      type: TYPES[type] ?? `type ${type}`,
      dpl: (attributes >> 13) & 3,
      ist: kernel.is64Bit ? attributes & 7 : 0,
    };
  }
}
