/** Decodes scalar types from bytes, as a table of type kinds. No memory access, no aggregates. */
import { i32, u8, u16, u32, u64 } from '../core/bytes.js';
import type { TypeRef } from '../profiles/types.js';

/** Bytes that a value of `type` takes where it stands by itself; undefined for aggregates and void. */
export function scalarSize(type: TypeRef): number | undefined {
  switch (type.kind) {
    case 'int':
    case 'float':
    case 'bool':
    case 'enum':
    case 'pointer':
    case 'bitfield':
      return type.size;
    default:
      return undefined;
  }
}

const UNSIGNED: Record<number, (bytes: Uint8Array) => number> = {
  1: (bytes) => u8(bytes, 0),
  2: (bytes) => u16(bytes, 0),
  4: (bytes) => u32(bytes, 0),
};

const SIGNED: Record<number, (bytes: Uint8Array) => number> = {
  1: (bytes) => (u8(bytes, 0) << 24) >> 24,
  2: (bytes) => (u16(bytes, 0) << 16) >> 16,
  4: (bytes) => i32(bytes, 0),
};

function isSigned(type: TypeRef): boolean {
  return (type.kind === 'int' || type.kind === 'enum' || type.kind === 'bitfield') && type.signed;
}

/** The value as a bigint, signed where the type is. */
export function decodeBig(type: TypeRef, bytes: Uint8Array): bigint {
  if (type.kind === 'bitfield') return decodeBits(type, bytes);
  if (bytes.length === 8) return isSigned(type) ? BigInt.asIntN(64, u64(bytes, 0)) : u64(bytes, 0);
  return BigInt(decodeNumber(type, bytes));
}

/** The value as a number; 64-bit values beyond 2^53 are rounded (use `decodeBig` for masks and addresses). */
export function decodeNumber(type: TypeRef, bytes: Uint8Array): number {
  if (type.kind === 'bitfield') return Number(decodeBits(type, bytes));
  if (bytes.length === 8) return Number(decodeBig(type, bytes));
  const decode = (isSigned(type) ? SIGNED : UNSIGNED)[bytes.length];
  return decode === undefined ? 0 : decode(bytes);
}

function decodeBits(type: Extract<TypeRef, { kind: 'bitfield' }>, bytes: Uint8Array): bigint {
  const unit = bytes.length === 8 ? u64(bytes, 0) : BigInt((UNSIGNED[bytes.length] ?? (() => 0))(bytes));
  const value = (unit >> BigInt(type.position)) & ((1n << BigInt(type.bits)) - 1n);
  return type.signed ? BigInt.asIntN(type.bits, value) : value;
}
