/** The registers' names, without the sign that AT&T text puts before them (SDM volume 1, 3.4; volume 2, table B-2). */
import type { RegisterOperand } from '../isa/instruction.js';

const LOW_BYTES = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil'];
const HIGH_BYTES = ['ah', 'ch', 'dh', 'bh'];
const WORDS = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
export const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;

export function generalRegister(index: number, size: number): string {
  if (index >= 8) return `r${index}${size === 1 ? 'b' : size === 2 ? 'w' : size === 4 ? 'd' : ''}`;
  if (size === 1) return LOW_BYTES[index] as string;
  return `${size === 8 ? 'r' : size === 4 ? 'e' : ''}${WORDS[index]}`;
}

/** `debug` is what the syntax calls debug registers: `db` in AT&T text, `dr` in Intel's. */
export function registerName({ file, index, size, high }: RegisterOperand, debug: string): string {
  switch (file) {
    case 'gpr':
      return high ? (HIGH_BYTES[index] as string) : generalRegister(index, size);
    case 'segment':
      return SEGMENT_NAMES[index] as string;
    case 'control':
      return `cr${index}`;
    case 'debug':
      return `${debug}${index}`;
    case 'xmm':
      return `xmm${index}`;
    case 'mmx':
      return `mm${index}`;
    case 'st':
      return index === 0 ? 'st' : `st(${index})`;
  }
}
