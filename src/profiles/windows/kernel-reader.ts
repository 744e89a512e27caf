/**
 * Reads members of kernel structures before there is a profile to read them by: what candidates for one are tried with.
 *
 * No lists and no meaning; the views that plugins use are `objects/struct-view.ts`.
 */
import { latin1Text, u16, u32, u64 } from '../../core/bytes.js';
import type { AddressSpace } from '../../memory/address-space.js';
import { fieldResolver } from '../resolve-field.js';
import type { Field, TypeSource } from '../types.js';
import { FIELD_ALTERNATIVES } from './field-alternatives.js';

const resolve = fieldResolver(FIELD_ALTERNATIVES);

/** What is read through: an address space, or pieces of one. */
type Readable = Pick<AddressSpace, 'view' | 'pointerSize'>;

export class KernelReader {
  readonly space: Readable;
  readonly types: TypeSource;

  constructor(space: Readable, types: TypeSource) {
    this.space = space;
    this.types = types;
  }

  /** The member as the types have it, under whichever of its names; undefined where they have none. */
  field(struct: string, path: string): Field | undefined {
    return resolve(this.types, struct, path);
  }

  /** Address of a member; undefined where the types have none. */
  at(struct: string, address: bigint, path: string): bigint | undefined {
    const field = this.field(struct, path);
    return field && address + BigInt(field.offset);
  }

  /** Address of the structure whose member `path` is at `address`. */
  around(struct: string, address: bigint, path: string): bigint | undefined {
    const field = this.field(struct, path);
    return field && address - BigInt(field.offset);
  }

  /** The pointer at `address`; undefined when unreadable. */
  pointer(address: bigint): bigint | undefined {
    const bytes = this.space.view(address, this.space.pointerSize);
    return bytes && (this.space.pointerSize === 8 ? u64(bytes, 0) : BigInt(u32(bytes, 0)));
  }

  /** The value of a pointer or unsigned integer member; undefined when unreadable or not there. */
  value(struct: string, address: bigint, path: string): bigint | undefined {
    const field = this.field(struct, path);
    if (field === undefined) return undefined;
    const size = field.type.kind === 'int' ? field.type.size : this.space.pointerSize;
    const bytes = this.space.view(address + BigInt(field.offset), size);
    if (bytes === undefined) return undefined;
    if (size === 8) return u64(bytes, 0);
    return BigInt(size === 4 ? u32(bytes, 0) : size === 2 ? u16(bytes, 0) : (bytes[0] as number));
  }

  /** Text of up to `length` bytes, to the first NUL. */
  text(address: bigint, length: number): string | undefined {
    const bytes = this.space.view(address, length);
    return bytes && latin1Text(bytes);
  }
}
