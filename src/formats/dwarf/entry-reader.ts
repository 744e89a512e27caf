/**
 * Decodes debugging information entries: the attributes that describe types, everything else skipped.
 *
 * One reader serves one unit, and one `Entry` object is filled again and again, because a kernel has tens of millions
 * of entries.
 */
import { u8, u16, u32, u64Number } from '../../core/bytes.js';
import { type Abbreviation, type Cursor, readSleb, readUleb } from './abbreviations.js';
import type { DwarfFile, DwarfUnit } from './dwarf-file.js';
import { assignNumber, clearEntry, type Entry, emptyEntry, NUMBER_ATTRIBUTES } from './entry.js';
import { AT, FIXED_LENGTH, FORM, LEB_FORMS, OFFSET_FORMS, OP_PLUS_UCONST } from './layout.js';

const latin1 = new TextDecoder('latin1');

export class EntryReader {
  readonly unit: DwarfUnit;
  readonly #file: DwarfFile;
  readonly #cursor: Cursor = { at: 0 };
  #stringBase: number;

  constructor(file: DwarfFile, unit: DwarfUnit) {
    this.#file = file;
    this.unit = unit;
    // Without the attribute, the base is behind the header of the first contribution.
    this.#stringBase = unit.version >= 5 ? unit.offsetSize * 2 : 0;
  }

  /** Fills `entry` with what is at `offset`; false when there is nothing that can be decoded. */
  read(offset: number, entry: Entry): boolean {
    const { bytes, abbreviations } = this.unit;
    if (offset < this.unit.entries || offset >= bytes.length) return false;
    const cursor = this.#cursor;
    cursor.at = offset;
    const code = readUleb(bytes, cursor);
    entry.offset = offset;
    if (code === 0) {
      entry.tag = 0;
      entry.end = cursor.at;
      entry.hasChildren = false;
      return true;
    }
    const abbreviation = abbreviations[code];
    if (abbreviation === undefined) return false;
    clearEntry(entry);
    entry.tag = abbreviation.tag;
    entry.hasChildren = abbreviation.hasChildren;
    const whole = this.#attributes(abbreviation, entry);
    entry.end = cursor.at;
    return whole && cursor.at <= bytes.length;
  }

  /** The name of `entry`; empty when it has none. */
  name(entry: Entry): string {
    return entry.nameOffset < 0 ? entry.inlineName : textAt(this.#file.strings, entry.nameOffset);
  }

  /** The offset of the entry behind `entry` and its children. -1 when there is none to be found. */
  next(entry: Entry): number {
    if (!entry.hasChildren) return entry.end;
    if (entry.sibling > entry.offset) return entry.sibling;
    const inner = emptyEntry();
    let at = entry.end;
    for (let depth = 1; depth > 0; ) {
      if (!this.read(at, inner)) return -1;
      if (inner.tag === 0) depth--;
      else if (inner.hasChildren && inner.sibling <= at) depth++;
      at = inner.hasChildren && inner.sibling > at ? inner.sibling : inner.end;
    }
    return at;
  }

  #attributes({ attributes }: Abbreviation, entry: Entry): boolean {
    for (const { at, form, value } of attributes) {
      const read = at === AT.name || NUMBER_ATTRIBUTES.has(at) || at === AT.constValue;
      if (!read) {
        if (!this.#skip(form)) return false;
        continue;
      }
      if (at === AT.name) {
        if (!this.#name(form, entry)) return false;
      } else if (at === AT.constValue) {
        const constant = this.#constant(form, value);
        if (constant === undefined) return false;
        entry.constValue = constant;
      } else {
        const number = this.#number(form, value);
        if (number === undefined) return false;
        assignNumber(entry, at, number);
        if (at === AT.strOffsetsBase) this.#stringBase = number;
      }
    }
    return true;
  }

  #name(form: number, entry: Entry): boolean {
    const { bytes } = this.unit;
    const cursor = this.#cursor;
    if (form === FORM.strp) {
      entry.nameOffset = u32(bytes, cursor.at);
      cursor.at += this.unit.offsetSize;
      return true;
    }
    if (form === FORM.string) {
      entry.inlineName = textAt(bytes, cursor.at);
      cursor.at += entry.inlineName.length + 1;
      return true;
    }
    if (form === FORM.lineStrp) {
      entry.inlineName = textAt(this.#file.lineStrings, u32(bytes, cursor.at));
      cursor.at += this.unit.offsetSize;
      return true;
    }
    const index = this.#number(form, 0);
    if (index === undefined) return false;
    const at = this.#stringBase + index * this.unit.offsetSize;
    const { stringOffsets } = this.#file;
    if (at + this.unit.offsetSize <= stringOffsets.length) entry.nameOffset = u32(stringOffsets, at);
    return true;
  }

  /** The value of an attribute of class constant, reference or flag; 0 for blocks that hold no member location. */
  #number(form: number, implicit: number): number | undefined {
    const { bytes } = this.unit;
    const cursor = this.#cursor;
    const at = cursor.at;
    switch (form) {
      case FORM.flagPresent:
        return 1;
      case FORM.implicitConst:
        return implicit;
      case FORM.sdata:
        return readSleb(bytes, cursor);
      case FORM.refAddr: {
        cursor.at += this.unit.offsetSize;
        // Into this unit, or out of reach: compilers refer to other units only with link-time optimisation.
        return u32(bytes, at) - this.unit.start;
      }
      case FORM.block1:
      case FORM.block:
      case FORM.exprloc: {
        const length = form === FORM.block1 ? u8(bytes, cursor.at++) : readUleb(bytes, cursor);
        const start = cursor.at;
        const inner = { at: start + 1 };
        const location = bytes[start] === OP_PLUS_UCONST ? readUleb(bytes, inner) : 0;
        cursor.at = start + length;
        return location;
      }
    }
    if (LEB_FORMS.has(form)) return readUleb(bytes, cursor);
    const length = OFFSET_FORMS.has(form) ? this.unit.offsetSize : FIXED_LENGTH[form];
    if (length === undefined) return undefined;
    cursor.at += length;
    if (length === 1) return u8(bytes, at);
    if (length === 2) return u16(bytes, at);
    if (length === 4) return u32(bytes, at);
    return length === 8 ? u64Number(bytes, at) : 0;
  }

  /** An enumerator's value. Data forms have no sign; who reads them knows the enumeration's. */
  #constant(form: number, implicit: number): bigint | undefined {
    const { bytes } = this.unit;
    const at = this.#cursor.at;
    if (form === FORM.data8) {
      this.#cursor.at += 8;
      return BigInt(u32(bytes, at)) | (BigInt(u32(bytes, at + 4)) << 32n);
    }
    if (form === FORM.udata || form === FORM.sdata) return readLeb(bytes, this.#cursor, form === FORM.sdata);
    if (form === FORM.string) {
      this.#cursor.at += textAt(bytes, at).length + 1;
      return 0n;
    }
    const number = this.#number(form, implicit);
    return number === undefined ? undefined : BigInt(number);
  }

  #skip(form: number): boolean {
    const { bytes, addressSize, offsetSize } = this.unit;
    const cursor = this.#cursor;
    const fixed = FIXED_LENGTH[form];
    if (fixed !== undefined) cursor.at += fixed;
    else if (OFFSET_FORMS.has(form)) cursor.at += offsetSize;
    else if (LEB_FORMS.has(form)) readUleb(bytes, cursor);
    else if (form === FORM.addr) cursor.at += addressSize;
    else if (form === FORM.exprloc || form === FORM.block) {
      const length = readUleb(bytes, cursor);
      cursor.at += length;
    } else if (form === FORM.string) cursor.at = bytes.indexOf(0, cursor.at) + 1 || bytes.length;
    else if (form === FORM.block1) cursor.at += 1 + u8(bytes, cursor.at);
    else if (form === FORM.block2) cursor.at += 2 + u16(bytes, cursor.at);
    else if (form === FORM.block4) cursor.at += 4 + u32(bytes, cursor.at);
    else return false;
    return cursor.at <= bytes.length;
  }
}

function readLeb(bytes: Uint8Array, cursor: Cursor, signed: boolean): bigint {
  let value = 0n;
  let shift = 0n;
  while (cursor.at < bytes.length && shift < 70n) {
    const byte = bytes[cursor.at++] as number;
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte < 0x80) return signed && (byte & 0x40) !== 0 ? value - (1n << shift) : value;
  }
  return value;
}

function textAt(bytes: Uint8Array, offset: number): string {
  if (offset >= bytes.length) return '';
  const end = bytes.indexOf(0, offset);
  return latin1.decode(bytes.subarray(offset, end < 0 ? bytes.length : end));
}
