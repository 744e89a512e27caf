/**
 * A tiny AML assembler (ACPI 6.4, chapter 20): just the objects that the machine's DSDT needs, each a function from
 * parts to bytes.
 */
import { InvariantError } from '../../../core/errors.js';

export type Aml = readonly number[];

const OP = {
  zero: 0x00,
  one: 0x01,
  name: 0x08,
  byte: 0x0a,
  word: 0x0b,
  dword: 0x0c,
  scope: 0x10,
  buffer: 0x11,
  package: 0x12,
  extended: 0x5b,
  device: 0x82,
} as const;

const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
const little = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);

/** One name of up to four characters, padded with underscores; a leading backslash is the root. */
function nameString(name: string): number[] {
  const root = name.startsWith('\\');
  const segment = root ? name.slice(1) : name;
  if (!/^[A-Z_][A-Z0-9_]{0,3}$/.test(segment)) throw new InvariantError(`not an AML name: ${name}`);
  return [...(root ? [0x5c] : []), ...ascii(segment.padEnd(4, '_'))];
}

/** PkgLength counts itself (20.2.4). */
function withLength(body: Aml): number[] {
  for (let bytes = 1; bytes <= 4; bytes++) {
    const total = body.length + bytes;
    if (bytes === 1 && total < 0x40) return [total, ...body];
    if (bytes > 1 && total < 2 ** (4 + 8 * (bytes - 1))) {
      return [((bytes - 1) << 6) | (total & 15), ...little(total >>> 4, bytes - 1), ...body];
    }
  }
  throw new InvariantError('an AML package is too long');
}

export function integer(value: number): Aml {
  if (value === 0) return [OP.zero];
  if (value === 1) return [OP.one];
  if (value < 0x100) return [OP.byte, value];
  return value < 0x1_0000 ? [OP.word, ...little(value, 2)] : [OP.dword, ...little(value, 4)];
}

/** A plug-and-play id such as PNP0A03, compressed (19.3.4, EISAID). */
export function eisaId(id: string): Aml {
  const [a, b, c] = ascii(id).map((code) => code - 0x40) as [number, number, number];
  const letters = (a << 10) | (b << 5) | c;
  const digits = Number.parseInt(id.slice(3), 16);
  return [OP.dword, letters >> 8, letters & 0xff, digits >> 8, digits & 0xff];
}

export function name(path: string, value: Aml): Aml {
  return [OP.name, ...nameString(path), ...value];
}

export function scope(path: string, ...content: readonly Aml[]): Aml {
  return [OP.scope, ...withLength([...nameString(path), ...content.flat()])];
}

export function device(path: string, ...content: readonly Aml[]): Aml {
  return [OP.extended, OP.device, ...withLength([...nameString(path), ...content.flat()])];
}

export function pkg(...elements: readonly Aml[]): Aml {
  return [OP.package, ...withLength([elements.length, ...elements.flat()])];
}

/** A resource template: descriptors and the end tag with its checksum left open (6.4.2.9). */
export function resources(...descriptors: readonly Aml[]): Aml {
  const body = [...descriptors.flat(), 0x79, 0];
  return [OP.buffer, ...withLength([...integer(body.length), ...body])];
}

/** Fixed I/O ports (6.4.2.5): 16-bit decode, from `start`. */
export function ioPorts(start: number, length: number): Aml {
  return [0x47, 1, ...little(start, 2), ...little(start, 2), 1, length];
}

/** One edge-triggered ISA interrupt (6.4.2.1). */
export function irqLine(irq: number): Aml {
  return [0x22, ...little(1 << irq, 2)];
}

const PRODUCER = 0;
const MIN_MAX_FIXED = 0x0c;

/** WORD address space descriptor (6.4.3.5.3) for bus numbers (type 2) or ports (type 1), produced for children. */
export function wordRange(kind: 'bus' | 'ports', start: number, end: number): Aml {
  const isBus = kind === 'bus';
  const fields = [0, start, end, 0, end - start + 1].flatMap((value) => little(value, 2));
  // Ports: the entire range, ISA and non-ISA.
  return [0x88, ...little(13, 2), isBus ? 2 : 1, PRODUCER | MIN_MAX_FIXED, isBus ? 0 : 3, ...fields];
}

/** DWORD address space descriptor (6.4.3.5.2) for memory: non-cacheable, read and write. */
export function memoryRange(start: number, end: number): Aml {
  const fields = [0, start, end, 0, end - start + 1].flatMap((value) => little(value, 4));
  return [0x87, ...little(23, 2), 0, PRODUCER | MIN_MAX_FIXED, 1, ...fields];
}
