/** Where a bit-field is read: the one convention for BTF, DWARF and ISF, which each describe it differently. */
import type { Field } from './types.js';

/**
 * The field for `bits` bits that start `bitOffset` bits into the aggregate and were declared with a type of `size`
 * bytes: offset of the naturally aligned unit, or, in packed structures where the field straddles two of them, of the
 * byte with the first bit.
 */
export function bitField(name: string, bitOffset: number, bits: number, size: number, signed: boolean): Field {
  const unit = size * 8;
  const straddles = (bitOffset % unit) + bits > unit;
  const offset = straddles ? Math.floor(bitOffset / 8) : Math.floor(bitOffset / unit) * size;
  return { name, offset, type: { kind: 'bitfield', size, signed, position: bitOffset - offset * 8, bits } };
}
