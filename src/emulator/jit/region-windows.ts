/**
 * Memory around a base register in a region: [ebp-28h], [ebp-14h], [ebp+8] lie in one page nearly always, so one look into
 * the TLB serves all of them.
 *
 * A window is a local with the WebAssembly address of its lowest byte (`low` from the register), or 0 (nobody has looked) or 1
 * (it does not lie in one page that the TLB serves). It holds until the register is written or the TLB changes, which
 * inside a region only the slow paths do. So an access through a window is one that would have hit the TLB, and what
 * the guest can observe of the TLB stays the same.
 */
import type { Variable } from '../codegen/op-builder.js';
import { OP, type Value } from '../codegen/value.js';
import type { ValueType } from '../codegen/wasm-module.js';
import type { Instruction, MemoryOperand } from '../isa/instruction.js';
import { integerType } from '../isa/instruction-builder.js';
import { TLB_OFFSETS } from '../mmu/tlb-layout.js';
import { RegionFlags } from './region-flags.js';

/** Displacements beyond are left to the ordinary path; a wider window would cross pages more often. */
const LOWEST = -512;
const HIGHEST = 512;
/** Registers with windows at most: each is one more local that has to be kept. */
const MOST = 4;

interface Window {
  readonly address: Variable;
  /** Lowest displacement, and the bytes from there to the end of the highest access. */
  low: number;
  span: number;
  /** Some access writes: the page must be open for writes too. */
  writes: boolean;
}

/** What the instructions of a region do around one base register. */
interface Uses {
  low: number;
  high: number;
  writes: boolean;
  count: number;
  /** Accesses in a row, with the register unchanged; the most of them. */
  row: number;
  most: number;
}

export abstract class RegionWindows extends RegionFlags {
  private readonly windows = new Map<number, Window>();
  /** Registers whose window was looked for in this block, and that were not written since. */
  private readonly fresh = new Set<number>();

  /** Decides which registers get a window. */
  protected planWindows(blocks: readonly { readonly instructions: readonly Instruction[] }[]): void {
    const uses = new Map<number, Uses>();
    for (const { instructions } of blocks) {
      for (const one of uses.values()) one.row = 0;
      for (const instruction of instructions) this.note(uses, instruction);
    }
    const worthIt = [...uses].filter(([, { most }]) => most > 2).sort(([, x], [, y]) => y.count - x.count);
    for (const [register, { low, high, writes }] of worthIt.slice(0, MOST)) {
      this.windows.set(register, { address: this.variable('i32'), low, span: high - low, writes });
    }
  }

  private note(uses: Map<number, Uses>, instruction: Instruction): void {
    instruction.operands.forEach((operand, i) => {
      if (operand.kind !== 'memory' || !this.isPlain(instruction, operand)) return;
      const at = Number(operand.displacement);
      const one = uses.get(operand.base) ?? { low: at, high: at, writes: false, count: 0, row: 0, most: 0 };
      one.low = Math.min(one.low, at);
      one.high = Math.max(one.high, at + operand.size);
      one.writes ||= i === 0 && !READS_ONLY.has(instruction.row.name);
      one.count++;
      one.row++;
      one.most = Math.max(one.most, one.row);
      uses.set(operand.base, one);
    });
    const [first] = instruction.operands;
    if (first?.kind === 'register' && first.file === 'gpr') {
      const one = uses.get(first.index);
      if (one !== undefined && !READS_ONLY.has(instruction.row.name)) one.row = 0;
    }
  }

  private isPlain(instruction: Instruction, operand: MemoryOperand): boolean {
    const { base, index, displacement, segmented, size } = operand;
    if (segmented || index >= 0 || base < 0 || base > 15 || size > 16) return false;
    return instruction.addressSize === this.mode.codeSize && displacement >= LOWEST && displacement <= HIGHEST;
  }

  protected beginWindows(): void {
    this.fresh.clear();
  }

  protected forgetWindow(register: number): void {
    const window = this.windows.get(register);
    if (window === undefined) return;
    this.fresh.delete(register);
    this.set(window.address, this.i32(0));
  }

  protected override afterMiss(): void {
    for (const { address } of this.windows.values()) this.set(address, this.i32(0));
  }

  /** The window for an access of memory operand `i`, and where in it; looks for it when nobody has. */
  private windowFor(i: number, bytes: number, offset: number, write: boolean): [Window, number] | undefined {
    const operand = this.operand(i) as MemoryOperand;
    const window = this.windows.get(operand.base);
    if (window === undefined || !this.isPlain(this.instruction, operand)) return undefined;
    const at = Number(operand.displacement) + offset - window.low;
    if (at < 0 || at + bytes > window.span || (write && !window.writes)) return undefined;
    if (!this.fresh.has(operand.base)) this.look(operand.base, window);
    this.fresh.add(operand.base);
    return [window, at];
  }

  private look(register: number, { address, low, span, writes }: Window): void {
    this.if(this.eqz(this.get(address)), () => {
      const size = this.instruction.addressSize;
      const base = this.gpr(register, size);
      const start = this.let(this.widen(this.add(base, this.int(base.type, low))));
      const page = this.let(this.and(start, this.i64(-4096)));
      const entry = this.tlbEntry(start);
      const isServed = (tag: number): Value => this.eq(page, this.tlbLoad(entry, tag));
      const end = this.and(this.add(start, this.i64(span - 1)), this.i64(-4096));
      let served = this.and(this.eq(end, page), isServed(TLB_OFFSETS.readTag));
      if (writes) served = this.and(served, isServed(TLB_OFFSETS.writeTag));
      const host = this.add(this.wrap(start), this.tlbLoad(entry, TLB_OFFSETS.addend));
      this.set(address, this.select(served, host, this.i32(1)));
    });
  }

  /** Runs `inside` with the WebAssembly address of the window, or `outside` when it is of no use. */
  private through(window: Window, inside: (address: Value) => void, outside: () => void): void {
    this.emit(this.compare('gtU', this.get(window.address), this.i32(1)));
    this.expect(true);
    this.open(OP.if);
    inside(this.get(window.address));
    this.else();
    outside();
    this.close();
  }

  override load(i: number, type: ValueType, bytes: number, offset = 0): Value {
    const found = this.windowFor(i, bytes, offset, false);
    if (found === undefined) return super.load(i, type, bytes, offset);
    const [window, at] = found;
    const result = this.temp(type);
    this.through(
      window,
      (address) => this.set(result, this.loadMemory(type, bytes, address, at)),
      () => this.set(result, super.load(i, type, bytes, offset)),
    );
    return this.get(result);
  }

  override store(i: number, value: Value, bytes: number, offset = 0): void {
    const found = this.windowFor(i, bytes, offset, true);
    if (found === undefined) {
      super.store(i, value, bytes, offset);
      return;
    }
    const [window, at] = found;
    const fixed = this.let(value);
    this.through(
      window,
      (address) => this.storeMemory(bytes, address, at, fixed),
      () => super.store(i, fixed, bytes, offset),
    );
  }

  protected override updateMemory(i: number, access: number, change: (old: Value) => Value): void {
    const size = access & 0xff;
    const found = this.windowFor(i, size, 0, true);
    if (found === undefined) {
      super.updateMemory(i, access, change);
      return;
    }
    const [window, at] = found;
    const host = this.temp('i32');
    this.through(
      window,
      (address) => this.set(host, this.add(address, this.i32(at))),
      () => this.set(host, this.translate(this.address(i, access), access)),
    );
    const old = this.let(this.loadMemory(integerType(size), size, this.get(host)));
    const value = change(old);
    this.storeMemory(size, this.get(host), 0, value);
  }
}

/** Rows whose first operand is only read. */
const READS_ONLY: ReadonlySet<string> = new Set([
  'cmp',
  'test',
  'push',
  'bt',
  'mul',
  'imul',
  'div',
  'idiv',
  'jmp',
  'call',
]);
