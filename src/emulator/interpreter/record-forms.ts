/**
 * Bytes -> the forms of their records. What was decoded once is known by its head (`Literal`): code repeats itself, and a
 * kernel that boots decodes 310,000 instructions with 24,000 different heads.
 */
import type { Decoder } from '../decode/decoder.js';
import { HeadTrie } from '../decode/head-trie.js';
import type { CpuMode } from '../isa/instruction.js';
import type { HandlerTable } from './handler-table.js';
import { createForm, type RecordForm, setHandler } from './record-form.js';

/** Forms kept at most; then it starts again with none. */
const MOST = 1 << 17;

export class RecordForms {
  private readonly decoder: Decoder;
  private readonly handlers: HandlerTable;
  /** By style of handlers, then by mode key: the forms' numbers by their heads. */
  private tries = new Map<string, HeadTrie[]>();
  private forms: RecordForm[] = [];
  /** Without handlers yet. */
  private fresh: { readonly form: RecordForm; readonly bytes: Uint8Array }[] = [];

  constructor(decoder: Decoder, handlers: HandlerTable) {
    this.decoder = decoder;
    this.handlers = handlers;
  }

  /** The form of the instruction at `bytes[offset]`, or what `Decoder.decode` answers where there is none. */
  read(bytes: Uint8Array, offset: number, end: number, mode: CpuMode): RecordForm | undefined | 'short' | 'long' {
    const trie = this.trieOf(mode);
    const known = this.forms[trie.find(bytes, offset, end)];
    if (known !== undefined && offset + known.length <= end) return known;
    const decoded = this.decoder.decode(bytes, offset, end, mode);
    if (typeof decoded !== 'object') return decoded;
    const form = createForm(decoded);
    if (this.forms.length >= MOST) this.restart();
    this.trieOf(mode).add(bytes, offset, form.headLength, this.forms.length);
    this.forms.push(form);
    this.fresh.push({ form, bytes: bytes.slice(offset, offset + form.length) });
    return form;
  }

  /** Gives all forms that were read their handlers; those that are missing come in one module. */
  complete(): void {
    if (this.fresh.length === 0) return;
    const { fresh } = this;
    this.fresh = [];
    const handlers = this.handlers.handlersOf(fresh.map(({ form, bytes }) => ({ instruction: form.sample, bytes })));
    fresh.forEach(({ form }, i) => {
      setHandler(form, handlers[i] as number);
    });
  }

  private trieOf(mode: CpuMode): HeadTrie {
    const { key } = this.handlers.style;
    let tries = this.tries.get(key);
    if (tries === undefined) {
      tries = [];
      this.tries.set(key, tries);
    }
    tries[mode.key] ??= new HeadTrie();
    return tries[mode.key] as HeadTrie;
  }

  private restart(): void {
    this.tries = new Map();
    this.forms = [];
  }
}
