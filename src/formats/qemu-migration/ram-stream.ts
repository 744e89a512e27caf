/**
 * Reads the RAM sections of a migration stream: the list of blocks, and where each page is. It reads the whole stream
 * once, front to back, and stops at the first device section.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { latin1Text } from '../../core/bytes.js';
import type { ByteSource } from '../byte-source.js';
import { WindowReader } from '../sources/window-reader.js';
import { FOOTER_SIZE, RAM_FLAGS_MASK, ramFlag, section, streamHeader, XBZRLE_HEADER_SIZE } from './layout.js';
import { PageIndex, pageKind } from './page-index.js';

export interface RamBlock {
  readonly name: string;
  /** Bytes. */
  readonly length: number;
  readonly pages: PageIndex;
}

export interface RamStream {
  /** "pc-i440fx-7.2"; empty when the stream does not say. */
  readonly machine: string;
  readonly blocks: readonly RamBlock[];
  /** Capabilities that the stream was made with, as far as it says. */
  readonly capabilities: string;
  /** File offset of the first device section, or of where reading had to stop. */
  readonly devices: number;
  readonly notes: readonly string[];
}

const MAX_BLOCKS = 4096;
const MAX_NAME = 255;
/** A page that zlib could not make smaller. */
const MAX_ZLIB = 2 * PAGE_SIZE;
/** How far the first RAM section may be from the beginning. */
const MAX_CONFIGURATION = 64 * 1024;

/** The name of the RAM section as it is stored, with its length; the section's type and id are before it. */
const RAM_NAME = Buffer.from('\x03ram', 'latin1');
const SECTION_ID_SIZE = 4;

/** The stream ends, or is nonsense, at this place. */
class StreamStop extends Error {}

class RamStreamReader {
  readonly #reader: WindowReader;
  readonly #size: number;
  readonly #blocks = new Map<string, RamBlock>();
  readonly #notes: string[] = [];
  #at = streamHeader.size;
  #machine = '';
  #capabilities = '';
  #ramSection = -1;
  #current: RamBlock | undefined;
  #xbzrle = 0;

  constructor(source: ByteSource) {
    this.#reader = new WindowReader(source);
    this.#size = source.size;
  }

  read(): RamStream {
    try {
      this.#configuration();
      while (this.#section());
    } catch (stop) {
      if (!(stop instanceof StreamStop)) throw stop;
      this.#notes.push(stop.message);
    }
    if (this.#xbzrle > 0) this.#notes.push(`${this.#xbzrle} pages were sent as XBZRLE differences and are missing`);
    return {
      machine: this.#machine,
      blocks: [...this.#blocks.values()],
      capabilities: this.#capabilities,
      devices: this.#at,
      notes: this.#notes,
    };
  }

  /** Optional: the machine's name and subsections of unknown length; the RAM section that follows is searched for. */
  #configuration(): void {
    const head = this.#reader.view(this.#at, MAX_CONFIGURATION);
    if (head[0] !== section.configuration) return;
    this.#at += 1;
    this.#machine = this.#text(this.#u32());
    const rest = Buffer.from(this.#reader.view(this.#at, MAX_CONFIGURATION));
    for (let name = rest.indexOf(RAM_NAME); name >= 0; name = rest.indexOf(RAM_NAME, name + 1)) {
      const start = name - SECTION_ID_SIZE - 1;
      if (rest[start] !== section.start) continue;
      this.#capabilities = rest.toString('latin1', 0, start);
      this.#at += start;
      return;
    }
  }

  /** Reads one section; false when it was the first one that is not RAM. */
  #section(): boolean {
    const start = this.#at;
    const type = this.#u8();
    if (type === section.command) {
      this.#at += 2;
      const length = this.#u16();
      this.#at += length;
      return true;
    }
    if (type === section.full || type === section.eof) {
      this.#at = start;
      return false;
    }
    if (type !== section.start && type !== section.part && type !== section.end)
      throw new StreamStop(`no section begins at file offset ${start}: what follows is not read`);
    const id = this.#u32();
    if (type === section.start) {
      const name = this.#text(this.#u8());
      this.#at += 8;
      if (name === 'ram') this.#ramSection = id;
    }
    if (id === this.#ramSection) this.#records();
    else this.#skipTo(id);
    if (this.#peek() === section.footer) this.#at += FOOTER_SIZE;
    return true;
  }

  /** Another iterable section (dirty bitmaps, block devices): its length is known to its own reader only. */
  #skipTo(id: number): void {
    const around = this.#reader.view(this.#at, MAX_CONFIGURATION);
    const footer = Buffer.from([section.footer, id >>> 24, (id >>> 16) & 0xff, (id >>> 8) & 0xff, id & 0xff]);
    const found = Buffer.from(around.buffer, around.byteOffset, around.length).indexOf(footer);
    if (found < 0)
      throw new StreamStop(`a section of unknown length at file offset ${this.#at} ends the readable part`);
    this.#at += found;
  }

  #records(): void {
    for (;;) {
      const start = this.#at;
      const { offset, flags } = this.#record();
      if (flags & ramFlag.memorySize) this.#blockList(offset);
      else if (flags & (ramFlag.fill | ramFlag.page | ramFlag.zlib | ramFlag.xbzrle)) {
        if (!(flags & ramFlag.sameBlock)) this.#current = this.#blocks.get(this.#text(this.#u8()));
        this.#page(start, Math.floor(offset / PAGE_SIZE), flags);
      } else if (flags & ramFlag.end) return;
      else if (flags & ramFlag.multifdFlush) continue;
      else throw new StreamStop(`damaged RAM record at file offset ${start}: the pages after it are missing`);
    }
  }

  #page(start: number, frame: number, flags: number): void {
    let kind: number = pageKind.stored;
    let place = this.#at;
    if (flags & ramFlag.page) this.#at += PAGE_SIZE;
    else if (flags & ramFlag.fill) {
      kind = pageKind.fill;
      place = this.#u8();
    } else if (flags & ramFlag.zlib) {
      kind = pageKind.zlib;
      this.#at += 4 + Math.min(this.#u32At(place), MAX_ZLIB);
    } else {
      kind = pageKind.lost;
      this.#xbzrle++;
      this.#at += XBZRLE_HEADER_SIZE + this.#u16At(this.#at + 1);
    }
    // A page that the end of the file cuts through is not there.
    this.#need(this.#at - 1, 1);
    const block = this.#current;
    if (!block || frame * PAGE_SIZE >= block.length || !block.pages.set(frame, kind, place))
      throw new StreamStop(`damaged RAM record at file offset ${start}: the pages after it are missing`);
  }

  #blockList(total: number): void {
    for (let left = total; left > 0 && this.#blocks.size < MAX_BLOCKS; ) {
      const name = this.#text(this.#u8());
      const { offset, flags } = this.#record();
      const length = offset + flags;
      if (name === '' || length === 0 || length > left)
        throw new StreamStop('the list of memory blocks is damaged, or of a kind that is not supported');
      this.#blocks.set(name, { name, length, pages: new PageIndex() });
      left -= length;
    }
  }

  /** The next 64 bits as what RAM records are: a multiple of the page size and flags. */
  #record(): { offset: number; flags: number } {
    const bytes = this.#need(this.#at, 8);
    this.#at += 8;
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    const low = view.getUint32(4);
    const flags = low & RAM_FLAGS_MASK;
    return { offset: view.getUint32(0) * 2 ** 32 + (low - flags), flags };
  }

  #need(at: number, length: number): Uint8Array {
    const bytes = this.#reader.view(at, length);
    if (bytes.length < length) throw new StreamStop(`the stream is truncated at file offset ${this.#size}`);
    return bytes;
  }

  #peek(): number | undefined {
    return this.#reader.view(this.#at, 1)[0];
  }

  #u8(): number {
    return this.#need(this.#at++, 1)[0] as number;
  }

  #u16(): number {
    this.#at += 2;
    return this.#u16At(this.#at - 2);
  }

  #u32(): number {
    this.#at += 4;
    return this.#u32At(this.#at - 4);
  }

  #u16At(at: number): number {
    const bytes = this.#need(at, 2);
    return ((bytes[0] as number) << 8) | (bytes[1] as number);
  }

  #u32At(at: number): number {
    return this.#u16At(at) * 0x10000 + this.#u16At(at + 2);
  }

  #text(length: number): string {
    const text = length <= MAX_NAME ? latin1Text(this.#need(this.#at, length)) : '';
    // Names reach messages, and thereby terminals.
    if (!/^[ -~]*$/.test(text) || text.length < length) throw new StreamStop(`damaged name at file offset ${this.#at}`);
    this.#at += length;
    return text;
  }
}

/** Reads the RAM of a stream that begins with its magic. Damage ends the reading and is told in the notes. */
export function readRamStream(source: ByteSource): RamStream {
  return new RamStreamReader(source).read();
}
