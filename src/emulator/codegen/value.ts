/**
 * Expressions of the op builder: immutable trees over WebAssembly's pure operators, emitted where they are used.
 *
 * A tree may read mutable places (locals that hold guest registers, state memory). Each such leaf carries the version
 * of its place; emitting it after the place was written is a bug that `OpBuilder.emit` reports at generation time.
 */
import type { ValueType } from './wasm-module.js';

/** Opcodes above 0xff are prefix << 16 | number (0xfc: bulk memory, 0xfd: vectors). */
export type Opcode = number;

export class Value {
  readonly type: ValueType;
  readonly op: Opcode;
  readonly a: Value | undefined;
  readonly b: Value | undefined;
  readonly c: Value | undefined;
  /** Constant value, local index, load offset or lane number. */
  readonly imm: number | bigint;
  /** The mutable place this leaf reads; -1 for none. */
  readonly place: number;
  readonly version: number;

  constructor(
    type: ValueType,
    op: Opcode,
    imm: number | bigint,
    a?: Value,
    b?: Value,
    c?: Value,
    place = -1,
    version = 0,
  ) {
    this.type = type;
    this.op = op;
    this.imm = imm;
    this.a = a;
    this.b = b;
    this.c = c;
    this.place = place;
    this.version = version;
  }

  get isConst(): boolean {
    return this.op === OP.i32Const || this.op === OP.i64Const;
  }

  isNumber(value: number): boolean {
    return this.isConst && (this.imm === value || (typeof this.imm === 'bigint' && this.imm === BigInt(value)));
  }
}

export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i64Const: 0x42,
  wrap: 0xa7,
  extendS: 0xac,
  extendU: 0xad,
  memoryCopy: 0xfc000a,
  memoryFill: 0xfc000b,
  v128Load: 0xfd0000,
  v128Store: 0xfd000b,
  /** These two carry 16 immediate bytes: `imm` is a 128-bit bigint, lowest byte first. */
  v128Const: 0xfd000c,
  i8x16Shuffle: 0xfd000d,
} as const;

/** Binary and unary operators that exist for both integer types: [i32 opcode, i64 opcode]. */
export const INTEGER_OPS = {
  eqz: [0x45, 0x50],
  eq: [0x46, 0x51],
  ne: [0x47, 0x52],
  ltS: [0x48, 0x53],
  ltU: [0x49, 0x54],
  gtS: [0x4a, 0x55],
  gtU: [0x4b, 0x56],
  leS: [0x4c, 0x57],
  leU: [0x4d, 0x58],
  geS: [0x4e, 0x59],
  geU: [0x4f, 0x5a],
  clz: [0x67, 0x79],
  ctz: [0x68, 0x7a],
  popcnt: [0x69, 0x7b],
  add: [0x6a, 0x7c],
  sub: [0x6b, 0x7d],
  mul: [0x6c, 0x7e],
  divS: [0x6d, 0x7f],
  divU: [0x6e, 0x80],
  remS: [0x6f, 0x81],
  remU: [0x70, 0x82],
  and: [0x71, 0x83],
  or: [0x72, 0x84],
  xor: [0x73, 0x85],
  shl: [0x74, 0x86],
  shrS: [0x75, 0x87],
  shrU: [0x76, 0x88],
  rotl: [0x77, 0x89],
  rotr: [0x78, 0x8a],
  extend8S: [0xc0, 0xc2],
  extend16S: [0xc1, 0xc3],
} as const;

export type IntegerOp = keyof typeof INTEGER_OPS;

/** Opcode of a zero-extending load of `bytes` into an integer type. */
export function loadOpcode(type: ValueType, bytes: number): Opcode {
  if (type === 'v128') return OP.v128Load;
  if (type === 'f32') return 0x2a;
  if (type === 'f64') return 0x2b;
  if (type === 'i32') return bytes === 1 ? 0x2d : bytes === 2 ? 0x2f : 0x28;
  return bytes === 1 ? 0x31 : bytes === 2 ? 0x33 : bytes === 4 ? 0x35 : 0x29;
}

/** Opcode of a truncating store of `bytes`. */
export function storeOpcode(type: ValueType, bytes: number): Opcode {
  if (type === 'v128') return OP.v128Store;
  if (type === 'f32') return 0x38;
  if (type === 'f64') return 0x39;
  if (type === 'i32') return bytes === 1 ? 0x3a : bytes === 2 ? 0x3b : 0x36;
  return bytes === 1 ? 0x3c : bytes === 2 ? 0x3d : bytes === 4 ? 0x3e : 0x37;
}
