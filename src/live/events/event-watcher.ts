/**
 * Watches a running guest for the events of a schedule. What the console prints it sees by itself; for what the kernel
 * does it looks for the kernel in the guest's memory, until there is one that runs processes, and has the emulator stop
 * at the places that its symbols name.
 */
import type { MachineEvent } from '../../emulator/events/event-kinds.js';
import { TextWatch } from '../../emulator/machine/text-watch.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { symbolize } from '../../objects/linux/symbolize.js';
import { processes } from '../../objects/linux/tasks.js';
import type { LiveGuest } from '../live-guest.js';
import type { EventRow } from '../schedule.js';
import type { Happening } from './guest-events.js';
import { type FunctionEntry, KERNEL_FUNCTIONS, type KernelFunction } from './kernel-functions.js';
import { type SymbolMemory, symbolMemory } from './symbol-memory.js';
import { watchWrittenCode } from './written-code.js';

export interface WatcherHost {
  /** The guest is running or has just stopped: it may not be looked into here. */
  happened(happening: Happening): void;
  remark(text: string): void;
}

/** A kernel that has begun to run processes has these at least: init, kthreadd and one more. */
const FEWEST_PROCESSES = 3;
/** Guest nanoseconds until a kernel is first looked for, and by how much the wait grows. */
const FIRST_LOOK = 100e6;
const LATER = 1.25;

interface FunctionRow {
  readonly row: EventRow;
  readonly hook: KernelFunction;
}

interface WriteRow extends SymbolMemory {
  readonly row: EventRow;
}

export class EventWatcher {
  readonly #live: LiveGuest;
  readonly #host: WatcherHost;
  readonly #console: { readonly row: EventRow; text: TextWatch }[];
  /** Rows for which a kernel is needed. */
  readonly #kernelRows: readonly EventRow[];
  readonly #functions = new Map<bigint, FunctionRow[]>();
  readonly #writes: WriteRow[] = [];
  #kernel: LinuxKernel | undefined;
  #nextLook: number;

  constructor(live: LiveGuest, rows: readonly EventRow[], host: WatcherHost) {
    this.#live = live;
    this.#host = host;
    this.#console = rows
      .filter(({ event }) => event === 'console')
      .map((row) => ({ row, text: new TextWatch(row.argument) }));
    this.#kernelRows = rows.filter(({ event }) => event !== 'console');
    this.#nextLook = this.#kernelRows.length === 0 ? Number.POSITIVE_INFINITY : live.machine.time;
  }

  /** Guest time at which `look` wants to be called; Infinity when it need not be. */
  get nextLook(): number {
    return this.#nextLook;
  }

  /** Takes a byte that the guest has printed. */
  printed(byte: number): void {
    for (const each of this.#console) {
      if (!each.text.push(byte)) continue;
      each.text = new TextWatch(each.row.argument);
      this.#host.happened({ label: each.row.label, detail: '' });
    }
  }

  /** Looks for the kernel; to be called while the guest stands still, from `nextLook` on. */
  async look(): Promise<void> {
    const { machine } = this.#live;
    const image = this.#live.image();
    await image.detect();
    const kernel = image.linux;
    if (kernel === undefined || !runsProcesses(kernel)) {
      this.#nextLook = Math.round(Math.max(machine.time + FIRST_LOOK, machine.time * LATER));
      return;
    }
    this.#nextLook = Number.POSITIVE_INFINITY;
    this.#kernel = kernel;
    for (const row of this.#kernelRows) this.#watch(row, kernel);
    this.#subscribe();
    this.#host.remark(`what the kernel does is watched from ${(machine.time / 1e9).toFixed(2)} s of guest time on`);
  }

  /** The machine stopped for an event that was subscribed to. */
  stopped(event: MachineEvent): void {
    if (event.kind === 'instruction') this.#entered(event.address);
    else if (event.kind === 'write') this.#written(event);
  }

  #watch(row: EventRow, kernel: LinuxKernel): void {
    if (row.event === 'exec-of-written-page') {
      watchWrittenCode(this.#live.machine, ({ address, icount }) =>
        this.#host.happened({ label: row.label, detail: `code at 0x${address.toString(16)}, instruction ${icount}` }),
      );
    } else if (row.event === 'write') {
      const memory = symbolMemory(kernel, row.argument);
      if (memory === undefined) this.#unknown(row, row.argument);
      else this.#writes.push({ row, ...memory });
    } else if (row.event !== 'console') {
      const hook: KernelFunction = KERNEL_FUNCTIONS[row.event];
      const address = kernel.address(hook.symbol);
      if (address === undefined) this.#unknown(row, hook.symbol);
      else this.#functions.set(address, [...(this.#functions.get(address) ?? []), { row, hook }]);
    }
  }

  #unknown({ label }: EventRow, symbol: string): void {
    this.#host.remark(`'${label}' is never seen: the guest's kernel has no symbol ${symbol}`);
  }

  #subscribe(): void {
    const { events } = this.#live.machine;
    const starts = [...this.#functions.keys()];
    if (starts.length > 0) {
      const ranges = starts.map((start) => ({ start, end: start + 1n }));
      events.subscribe({ kind: 'instruction', ranges, ring: 0, stop: true });
    }
    const physicalRanges = this.#writes.flatMap((each) => each.physical);
    if (physicalRanges.length > 0) events.subscribe({ kind: 'write', physicalRanges, stop: true });
  }

  #entered(address: bigint): void {
    const kernel = this.#now();
    const entry = this.#entry(kernel);
    for (const { row, hook } of this.#functions.get(address) ?? []) {
      const detail = hook.subject(kernel, entry);
      if (detail !== undefined) this.#host.happened({ label: row.label, detail });
    }
  }

  #written({ physical, size, rip }: Extract<MachineEvent, { kind: 'write' }>): void {
    const kernel = this.#now();
    const start = BigInt(physical);
    for (const { row, address, physical: ranges } of this.#writes) {
      const range = ranges.find((each) => start < each.end && start + BigInt(size) > each.start);
      if (range === undefined) continue;
      const offset = start - (ranges[0]?.start ?? start);
      const by = symbolize(kernel, rip) ?? `code at 0x${rip.toString(16)}`;
      const place = symbolize(kernel, address + offset) ?? row.argument;
      this.#host.happened({ label: row.label, detail: `${size} bytes at ${place} by ${by}` });
    }
  }

  /** The kernel over memory as it is now: what was read of it before may have changed. */
  #now(): LinuxKernel {
    return (this.#kernel as LinuxKernel).over(this.#live.memory);
  }

  /** Arguments are in registers: the x86-64 psABI, and `-mregparm=3` on i386 (arch/x86/Makefile). */
  #entry({ profile }: LinuxKernel): FunctionEntry {
    const { processor } = this.#live.machine;
    const wide = profile.pointerSize === 8;
    const value = (name: string) => BigInt.asUintN(wide ? 64 : 32, processor.getRegister(name));
    return { firstArgument: value(wide ? 'rdi' : 'rax'), stackPointer: value('rsp') };
  }
}

function runsProcesses(kernel: LinuxKernel): boolean {
  if (kernel.address('init_task') === undefined || !kernel.profile.types.struct('task_struct')) return false;
  let count = 0;
  for (const _task of processes(kernel)) if (++count >= FEWEST_PROCESSES) return true;
  return false;
}
