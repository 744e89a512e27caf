/**
 * A typed view of one guest structure: reads members by name where they lie, when they are asked for.
 *
 * A view never caches guest bytes and never throws on guest damage: what cannot be read is `undefined`, and the fault
 * log of the context has one more entry. What the *profile* does not know is a `ProfileGap` (ask `has` first where a
 * member is optional).
 */
import { wrap64 } from '../core/address.js';
import { utf8Text } from '../core/bytes.js';
import type { ReadableSpace } from '../memory/address-space.js';
import type { FaultLog } from '../memory/fault-log.js';
import { ProfileGap } from '../profiles/profile-gap.js';
import type { Field, Profile, StructType } from '../profiles/types.js';
import type { FieldResolver } from './field-path.js';
import { decodeBig, decodeNumber, scalarSize } from './scalars.js';

/** What views of one kernel share. */
export interface ViewContext {
  readonly space: ReadableSpace;
  readonly profile: Profile;
  readonly field: FieldResolver;
  readonly faults: FaultLog;
}

/** Longest string that a `char *` is followed for. */
const MAX_TEXT = 4096;

export class StructView {
  readonly context: ViewContext;
  readonly type: string;
  readonly address: bigint;

  constructor(context: ViewContext, type: string, address: bigint) {
    this.context = context;
    this.type = type;
    this.address = wrap64(address);
  }

  /** The structure's description; throws `ProfileGap` when the profile has none. */
  get struct(): StructType {
    const struct = this.context.profile.types.struct(this.type);
    if (struct === undefined) throw new ProfileGap(`struct ${this.type}`, this.context.profile.release);
    return struct;
  }

  /** sizeof. */
  get size(): number {
    return this.struct.size;
  }

  /** True when this kernel's structure has the member. */
  has(path: string): boolean {
    return this.context.field(this.type, path) !== undefined;
  }

  /** Where the member lies and what it is; throws `ProfileGap`. */
  field(path: string): Field {
    const field = this.context.field(this.type, path);
    if (field === undefined) throw new ProfileGap(`${this.type}.${path}`, this.context.profile.release);
    return field;
  }

  addressOf(path: string): bigint {
    return wrap64(this.address + BigInt(this.field(path).offset));
  }

  /** An integer, enum, bool, bit-field or pointer as a number (beyond 2^53 rounded); undefined when unreadable. */
  num(path: string): number | undefined {
    const field = this.field(path);
    const bytes = this.#scalar(path, field);
    return bytes && decodeNumber(field.type, bytes);
  }

  /** The same as a bigint: for 64-bit masks, times and addresses. */
  big(path: string): bigint | undefined {
    const field = this.field(path);
    const bytes = this.#scalar(path, field);
    return bytes && decodeBig(field.type, bytes);
  }

  /** A pointer (or an unsigned long used as one): 0n is NULL, undefined is unreadable. */
  ptr(path: string): bigint | undefined {
    const value = this.big(path);
    return value === undefined ? undefined : wrap64(value);
  }

  /** An embedded structure (or the first element of an embedded array of structures). */
  at(path: string): StructView {
    const field = this.field(path);
    const type = field.type.kind === 'array' ? field.type.element : field.type;
    if (type.kind !== 'struct') throw this.#misfit(path, 'a structure');
    return new StructView(this.context, type.name, this.address + BigInt(field.offset));
  }

  /** The structure that a pointer member leads to; undefined for NULL and for an unreadable pointer. */
  follow(path: string, type?: string): StructView | undefined {
    const field = this.field(path);
    const target = this.ptr(path);
    if (target === undefined || target === 0n) return undefined;
    const pointee = field.type.kind === 'pointer' ? field.type.target : undefined;
    const name = type ?? (pointee?.kind === 'struct' ? pointee.name : undefined);
    if (name === undefined) throw this.#misfit(path, 'a pointer to a structure');
    return new StructView(this.context, name, target);
  }

  /** The same address seen as another type. */
  as(type: string): StructView {
    return new StructView(this.context, type, this.address);
  }

  /** The structure `index` places further in an array of this type. */
  sibling(index: number): StructView {
    return new StructView(this.context, this.type, this.address + BigInt(index * this.size));
  }

  /** The structure of type `type` that contains this one as its member `path` (C's container_of). */
  containedIn(type: string, path: string): StructView {
    const outer = new StructView(this.context, type, this.address);
    return new StructView(this.context, type, this.address - BigInt(outer.field(path).offset));
  }

  /** `length` raw bytes of a member (its whole size when it is an array of bytes and no length is given). */
  bytes(path: string, length?: number): Uint8Array | undefined {
    const field = this.field(path);
    const size = length ?? byteLength(this.context, field);
    return this.#read(this.address + BigInt(field.offset), size);
  }

  /** An array member of pointers or unsigned longs; `count` elements, or as many as it is declared with. */
  pointers(path: string, count?: number): bigint[] | undefined {
    const field = this.field(path);
    const { pointerSize } = this.context.space;
    const length = count ?? (field.type.kind === 'array' ? field.type.count : 1);
    const bytes = this.#read(this.address + BigInt(field.offset), length * pointerSize);
    const word = { kind: 'int', name: 'unsigned long', size: pointerSize, signed: false } as const;
    return (
      bytes && Array.from({ length }, (_, i) => decodeBig(word, bytes.subarray(i * pointerSize, (i + 1) * pointerSize)))
    );
  }

  /** A `char` array member up to its NUL, as UTF-8. */
  text(path: string): string | undefined {
    const bytes = this.bytes(path);
    return bytes && utf8Text(bytes);
  }

  /** The NUL-terminated string that a `char *` member points to; undefined for NULL or when unreadable. */
  textAt(path: string, limit: number = MAX_TEXT): string | undefined {
    const target = this.ptr(path);
    return target === undefined || target === 0n ? undefined : textAt(this.context, target, limit);
  }

  /** Types may come from the guest (BTF), and then from damaged memory: a wrong one is no better than a missing one. */
  #misfit(path: string, wanted: string): ProfileGap {
    return new ProfileGap(`${this.type}.${path} as ${wanted}`, this.context.profile.release);
  }

  #scalar(path: string, field: Field): Uint8Array | undefined {
    const size = scalarSize(field.type);
    if (size === undefined) throw this.#misfit(path, 'a number');
    return this.#read(this.address + BigInt(field.offset), size);
  }

  #read(address: bigint, length: number): Uint8Array | undefined {
    return readBytes(this.context, wrap64(address), length);
  }
}

function byteLength(context: ViewContext, field: Field): number {
  const { type } = field;
  if (type.kind === 'array') {
    const element = scalarSize(type.element) ?? structSize(context, type.element);
    return element * type.count;
  }
  return scalarSize(type) ?? structSize(context, type);
}

function structSize(context: ViewContext, type: Field['type']): number {
  if (type.kind !== 'struct') return 0;
  const struct = context.profile.types.struct(type.name);
  if (struct === undefined) throw new ProfileGap(`struct ${type.name}`, context.profile.release);
  return struct.size;
}

/** `length` bytes at a virtual address, or undefined with a note in the fault log. Valid until the next read. */
export function readBytes(context: ViewContext, address: bigint, length: number): Uint8Array | undefined {
  const bytes = context.space.view(address, length);
  if (bytes === undefined) context.faults.note(address, context.space.name);
  return bytes;
}

/** The pointer stored at a virtual address; undefined when unreadable. */
export function readPointer(context: ViewContext, address: bigint): bigint | undefined {
  const { pointerSize } = context.space;
  const bytes = readBytes(context, address, pointerSize);
  return bytes && decodeBig({ kind: 'int', name: 'pointer', size: pointerSize, signed: false }, bytes);
}

/** The NUL-terminated string at a virtual address, at most `limit` bytes of it; undefined when its start is unreadable. */
export function textAt(context: ViewContext, address: bigint, limit: number = MAX_TEXT): string | undefined {
  const bytes = new Uint8Array(limit);
  const got = context.space.read(address, bytes);
  const text = bytes.subarray(0, got);
  if (got === 0 || (got < limit && !text.includes(0))) context.faults.note(address + BigInt(got), context.space.name);
  return got === 0 ? undefined : utf8Text(text);
}
