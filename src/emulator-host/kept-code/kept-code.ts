/**
 * Generated code that outlives a run: a guest that boots for the second time finds its hot code translated, compiled and
 * optimized. One blob for each kernel; a region is used only where the guest's memory holds the very bytes that it was
 * made from, so a wrong blob costs nothing but its reading.
 */
import type { CodeStore, CompiledModule } from '../../emulator/jit/code-store.js';
import type { KeptRegion, RegionRecord } from '../../emulator/jit/kept-region.js';
import type { RegionGroup } from '../../emulator/jit/region-group.js';
import type { Blobs } from '../blobs.js';
import { awaitCompilers } from '../compiler-threads.js';
import { type CodeEntry, packCode, unpackCode } from './code-entries.js';
import type { NativeCode } from './native-code.js';

/** Bytes of code kept at most; beyond, only what this run used stays. */
const MOST_BYTES = 96 * 2 ** 20;
/** Regions kept for one signature: code that is patched while the guest boots exists in a few versions. */
const MOST_VERSIONS = 4;
/** Writing everything again is not worth it for less than this share of entries that are new, */
const NEW_SHARE = 1 / 50;
/** except in the first runs: each finds more of the code optimized. */
const FIRST_RUNS = 6;
/** Modules of one region are put together when they are so many, but not by the first run: the second is to be fast. */
const GROUP_LEAST = 128;
/** How long to wait for what V8 is still optimizing, in milliseconds. */
const PATIENCE = 2000;

/** An entry while it is in use. */
interface Held<Entry extends CodeEntry = CodeEntry> {
  readonly entry: Entry;
  module: WebAssembly.Module | undefined;
  used: boolean;
}

type RegionsEntry = Extract<CodeEntry, { kind: 'regions' }>;

export class KeptCode implements CodeStore {
  private readonly blobs: Blobs;
  private readonly findNative: () => NativeCode | undefined;
  private foundNative: { readonly native: NativeCode | undefined } | undefined;
  private readonly key: string;
  private heldHandlers: Held | undefined;
  /** Set by who makes handlers. */
  freshHandlers: () => Uint8Array<ArrayBuffer> | undefined = () => undefined;
  /** Set by who makes regions. */
  groupRegions: ((records: readonly RegionRecord[]) => RegionGroup) | undefined;
  private readonly bySignature = new Map<number, KeptRegion[]>();
  private heldRegions: Held<RegionsEntry>[] = [];
  private readonly runs: number;
  private count = 0;
  private fresh = 0;

  /**
   * @param key names the emulator that made the code, and the guest
   * @param native is asked once, when machine code is to be read or written
   */
  constructor(blobs: Blobs, key: string, native: () => NativeCode | undefined) {
    this.blobs = blobs;
    this.findNative = native;
    this.key = key;
    const kept = unpackCode(blobs.get(key));
    this.runs = kept.runs;
    for (const entry of kept.entries) {
      if (entry.kind === 'handlers') this.heldHandlers = { entry, module: undefined, used: false };
      else this.addRegions(entry, undefined);
      this.count++;
    }
  }

  /** Not before there is a group: each module of its own costs memory. */
  get isFamiliar(): boolean {
    return this.heldRegions.some(({ entry }) => entry.regions.length > 1);
  }

  private get native(): NativeCode | undefined {
    this.foundNative ??= { native: this.findNative() };
    return this.foundNative.native;
  }

  handlers(): WebAssembly.Module | undefined {
    return this.heldHandlers && this.load(this.heldHandlers);
  }

  regions(signature: number): readonly KeptRegion[] {
    return this.bySignature.get(signature) ?? [];
  }

  keepRegion(region: RegionRecord, { bytes, module }: CompiledModule): void {
    this.addRegions({ kind: 'regions', regions: [region], bytes, native: undefined }, module);
    this.fresh++;
  }

  /** Stores what is new, if that is worth it. */
  save(): void {
    if (this.runs >= FIRST_RUNS && this.fresh <= this.count * NEW_SHARE) return;
    const handlers = this.freshHandlers();
    if (handlers !== undefined) {
      const entry = { kind: 'handlers', bytes: handlers, native: undefined } as const;
      this.heldHandlers = { entry, module: undefined, used: true };
    }
    if (this.runs > 0) {
      awaitCompilers(PATIENCE);
      this.group();
    }
    const all = [...(this.heldHandlers ? [this.heldHandlers] : []), ...this.heldRegions];
    const size = all.reduce((sum, { entry }) => sum + entry.bytes.length + (entry.native?.length ?? 0), 0);
    const kept = size > MOST_BYTES ? all.filter(({ used }) => used) : all;
    const entries = kept.map((held) => this.withNative(held));
    this.blobs.put(this.key, packCode({ runs: this.runs + 1, entries }));
  }

  private withNative({ entry, module }: Held): CodeEntry {
    if (module === undefined || this.native === undefined) return entry;
    return { ...entry, native: this.native.serialize(module) };
  }

  /** Puts regions that have modules of their own into one. */
  private group(): void {
    const isSingle = ({ entry, used }: Held<RegionsEntry>): boolean => used && entry.regions.length === 1;
    const single = this.heldRegions.filter(isSingle);
    if (single.length < GROUP_LEAST || this.groupRegions === undefined) return;
    const { regions, bytes } = this.groupRegions(single.flatMap(({ entry }) => entry.regions));
    const entry: RegionsEntry = { kind: 'regions', regions, bytes, native: undefined };
    this.heldRegions = this.heldRegions.filter((held) => !isSingle(held));
    this.heldRegions.push({ entry, module: undefined, used: true });
  }

  private addRegions(entry: RegionsEntry, module: WebAssembly.Module | undefined): void {
    const held: Held<RegionsEntry> = { entry, module, used: module !== undefined };
    this.heldRegions.push(held);
    for (const [index, record] of entry.regions.entries()) {
      const region: KeptRegion = { ...record, index, module: () => this.load(held) };
      const versions = [region, ...this.regions(record.signature)];
      this.bySignature.set(record.signature, versions.slice(0, MOST_VERSIONS));
    }
  }

  private load(held: Held): WebAssembly.Module {
    const { bytes, native } = held.entry;
    held.used = true;
    held.module ??= native === undefined ? undefined : this.native?.deserialize(native, bytes);
    held.module ??= new WebAssembly.Module(bytes);
    return held.module;
  }
}
