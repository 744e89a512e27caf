/**
 * Reads BTF: an index of where each type's record starts, and accessors that decode one record on demand.
 *
 * The index costs one pass over the type section; nothing else is decoded or copied. The bytes may come from a guest,
 * so every reference is checked and a wrong one reads as void. It does not build a type model: that is
 * `profiles/btf/btf-type-source.ts`.
 */
import { u8, u16, u32 } from '../../core/bytes.js';
import { MAX_NAME_BYTES } from '../../core/name-table.js';
import { type BtfCategory, BtfNames, type BtfRecords, type BtfStrings } from './btf-names.js';
import { BTF_MAGIC, BTF_VERSION, HEADER, isModifier, KIND, TRAILER, TYPE } from './layout.js';

/** One member of a struct or union. `bits` is 0 for a member that is no bit-field. */
export interface BtfMember {
  readonly name: string;
  readonly type: number;
  readonly bitOffset: number;
  readonly bits: number;
}

/** Chains of typedefs and qualifiers longer than this are taken for a cycle. Real ones are shorter than 10. */
const MAX_MODIFIERS = 64;

const latin1 = new TextDecoder('latin1');

export class Btf {
  /** First id of this section: 1, or for split BTF the number of types of the base (void counted). */
  readonly firstId: number;
  /** One past the last id. Ids below `firstId` belong to the base. */
  readonly endId: number;
  /** What stopped the index before the end of the section; undefined when all of it was well-formed. */
  readonly damage: string | undefined;
  readonly #base: Btf | undefined;
  readonly #types: Uint8Array;
  readonly #strings: Uint8Array;
  readonly #stringStart: number;
  readonly #offsets: Uint32Array;
  readonly #nameOffsets: Uint32Array;
  readonly #kinds: Uint8Array;
  readonly #names = new Map<BtfCategory, BtfNames>();

  private constructor(types: Uint8Array, strings: Uint8Array, base: Btf | undefined) {
    this.#types = types;
    this.#strings = strings;
    this.#base = base;
    this.#stringStart = base === undefined ? 0 : base.stringEnd;
    this.firstId = base === undefined ? 1 : base.endId;
    const { offsets, nameOffsets, kinds, count, damage } = indexTypes(types);
    this.#offsets = offsets;
    this.#nameOffsets = nameOffsets;
    this.#kinds = kinds;
    this.endId = this.firstId + count;
    this.damage = damage;
  }

  /**
   * Opens the BTF that begins at `bytes[0]`; undefined when the header is not BTF's or its sections do not lie inside
   * of `bytes`. For a module's split BTF give the kernel's as `base`.
   */
  static open(bytes: Uint8Array, base?: Btf): Btf | undefined {
    if (bytes.length < HEADER.size || u16(bytes, HEADER.magic) !== BTF_MAGIC) return undefined;
    if (u8(bytes, HEADER.version) !== BTF_VERSION) return undefined;
    const start = u32(bytes, HEADER.headerLength);
    const typeStart = start + u32(bytes, HEADER.typeOffset);
    const typeEnd = typeStart + u32(bytes, HEADER.typeLength);
    const stringStart = start + u32(bytes, HEADER.stringOffset);
    const stringEnd = stringStart + u32(bytes, HEADER.stringLength);
    if (start < HEADER.size || typeEnd > bytes.length || stringEnd > bytes.length) return undefined;
    return new Btf(bytes.subarray(typeStart, typeEnd), bytes.subarray(stringStart, stringEnd), base);
  }

  /** What a split section is on top of. */
  get base(): Btf | undefined {
    return this.#base;
  }

  /** Types in this section, without the base's and without void. */
  get typeCount(): number {
    return this.endId - this.firstId;
  }

  /** One past the last string offset, the base's strings counted. */
  get stringEnd(): number {
    return this.#stringStart + this.#strings.length;
  }

  /** One of `KIND`; void for ids that do not exist. */
  kind(id: number): number {
    if (id < this.firstId) return this.#base?.kind(id) ?? KIND.void;
    return id < this.endId ? (this.#kinds[id - this.firstId] as number) : KIND.void;
  }

  /**
   * Id of the first type of that name and category in this section (not the base's); undefined when there is none.
   */
  find(name: string, category: BtfCategory): number | undefined {
    let names = this.#names.get(category);
    if (names === undefined) {
      names = new BtfNames(this.#records(), category);
      this.#names.set(category, names);
    }
    const index = names.find(name);
    return index < 0 ? undefined : this.firstId + index;
  }

  name(id: number): string {
    if (id < this.firstId) return this.#base?.name(id) ?? '';
    const at = this.#at(id);
    return at < 0 ? '' : this.string(u32(this.#types, at + TYPE.name));
  }

  /** The union of `struct btf_type`: bytes of a sized kind, else the id of the type that is referred to. */
  sizeOrType(id: number): number {
    if (id < this.firstId) return this.#base?.sizeOrType(id) ?? 0;
    const at = this.#at(id);
    return at < 0 ? 0 : u32(this.#types, at + TYPE.sizeOrType);
  }

  /** An INT's encoding: `INT_*` flags, bit offset and width. */
  intEncoding(id: number): { readonly flags: number; readonly bitOffset: number; readonly bits: number } {
    if (id < this.firstId && this.#base !== undefined) return this.#base.intEncoding(id);
    const at = this.#at(id);
    const word = at < 0 ? 0 : u32(this.#types, at + TYPE.size);
    return { flags: (word >>> 24) & 0xf, bitOffset: (word >>> 16) & 0xff, bits: word & 0xff };
  }

  array(id: number): { readonly element: number; readonly count: number } {
    if (id < this.firstId && this.#base !== undefined) return this.#base.array(id);
    const at = this.#at(id);
    if (at < 0) return { element: 0, count: 0 };
    return { element: u32(this.#types, at + TYPE.size), count: u32(this.#types, at + TYPE.size + 8) };
  }

  /** The members of a STRUCT or UNION, in order. */
  members(id: number): BtfMember[] {
    if (id < this.firstId) return this.#base?.members(id) ?? [];
    const at = this.#at(id);
    if (at < 0) return [];
    const info = u32(this.#types, at + TYPE.info);
    const withBits = info >>> 31 === 1;
    const members: BtfMember[] = [];
    for (let i = 0, p = at + TYPE.size; i < (info & 0xffff); i++, p += 12) {
      const word = u32(this.#types, p + 8);
      members.push({
        name: this.string(u32(this.#types, p)),
        type: u32(this.#types, p + 4),
        bitOffset: withBits ? word & 0xffffff : word,
        bits: withBits ? word >>> 24 : 0,
      });
    }
    return members;
  }

  /** The constants of an ENUM or ENUM64. `signed` is the record's kind_flag. */
  enumeration(id: number): { readonly signed: boolean; readonly constants: Map<string, bigint> } {
    if (id < this.firstId && this.#base !== undefined) return this.#base.enumeration(id);
    const constants = new Map<string, bigint>();
    const at = this.#at(id);
    if (at < 0) return { signed: false, constants };
    const info = u32(this.#types, at + TYPE.info);
    const wide = this.kind(id) === KIND.enum64;
    const signed = info >>> 31 === 1;
    for (let i = 0, p = at + TYPE.size; i < (info & 0xffff); i++, p += wide ? 12 : 8) {
      const low = BigInt(u32(this.#types, p + 4));
      const raw = wide ? low | (BigInt(u32(this.#types, p + 8)) << 32n) : low;
      constants.set(this.string(u32(this.#types, p)), signed ? BigInt.asIntN(wide ? 64 : 32, raw) : raw);
    }
    return { signed, constants };
  }

  /** `id` without the typedefs, qualifiers and tags before it; 0 (void) when they form a cycle. */
  resolve(id: number): number {
    let current = id;
    for (let steps = 0; steps < MAX_MODIFIERS; steps++) {
      if (!isModifier(this.kind(current))) return current;
      current = this.sizeOrType(current);
    }
    return 0;
  }

  /** The string at `offset` of the string section (of the base's, when it lies there). */
  string(offset: number): string {
    if (offset < this.#stringStart) return this.#base?.string(offset) ?? '';
    const start = offset - this.#stringStart;
    if (start >= this.#strings.length) return '';
    const text = this.#strings.subarray(start, start + MAX_NAME_BYTES);
    const end = text.indexOf(0);
    return latin1.decode(end < 0 ? text : text.subarray(0, end));
  }

  #records(): BtfRecords {
    return {
      nameOffsets: this.#nameOffsets,
      kinds: this.#kinds,
      count: this.typeCount,
      strings: this.strings(),
    };
  }

  /** This section's strings and its base's, for those that are on top of it. */
  strings(): BtfStrings[] {
    return [{ bytes: this.#strings, start: this.#stringStart }, ...(this.#base?.strings() ?? [])];
  }

  /** Where the record of `id` starts in the type section; -1 when there is none. */
  #at(id: number): number {
    return id < this.endId && id >= this.firstId ? (this.#offsets[id - this.firstId] as number) : -1;
  }
}

interface TypeIndex {
  readonly offsets: Uint32Array;
  readonly nameOffsets: Uint32Array;
  readonly kinds: Uint8Array;
  readonly count: number;
  readonly damage: string | undefined;
}

/** One pass over the type section: start, name and kind of every whole record, until the end or the first malformed one. */
function indexTypes(types: Uint8Array): TypeIndex {
  // Every record takes at least 12 bytes, so this bounds the index by what is really there.
  const capacity = Math.floor(types.length / TYPE.size);
  const offsets = new Uint32Array(capacity);
  const nameOffsets = new Uint32Array(capacity);
  const kinds = new Uint8Array(capacity);
  let count = 0;
  let at = 0;
  while (at + TYPE.size <= types.length) {
    const info = u32(types, at + TYPE.info);
    const kind = (info >>> 24) & 0x1f;
    const trailer = TRAILER[kind];
    if (trailer === undefined)
      return { offsets, nameOffsets, kinds, count, damage: `unknown kind ${kind} at type ${count + 1}` };
    const next = at + TYPE.size + trailer.fixed + trailer.each * (info & 0xffff);
    if (next > types.length)
      return { offsets, nameOffsets, kinds, count, damage: `type ${count + 1} runs past the end` };
    offsets[count] = at;
    nameOffsets[count] = u32(types, at + TYPE.name);
    kinds[count] = kind;
    count++;
    at = next;
  }
  return {
    offsets,
    nameOffsets,
    kinds,
    count,
    damage: at === types.length ? undefined : 'bytes left over after the last type',
  };
}
