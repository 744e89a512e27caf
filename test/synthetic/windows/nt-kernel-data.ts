/** What drivers leave in the kernel of a synthetic NT guest: callbacks, timers, unloaded drivers, large allocations. */
import { type NtGuest, ntTime } from './nt-guest.js';
import { tagNumber } from './nt-pool.js';

export interface KernelDataTruth {
  /** Places of code (`tcpip.sys+0x100` or an address) by the variable that lists them. */
  readonly notify: Readonly<Record<string, readonly string[]>>;
  readonly registry: readonly { readonly routine: string; readonly altitude: string }[];
  readonly timers: readonly { readonly routine: string; readonly due: bigint; readonly period: number }[];
  readonly unloaded: readonly {
    readonly name: string;
    readonly start: bigint;
    readonly size: bigint;
    readonly time: string;
  }[];
  readonly big: readonly {
    readonly address: bigint;
    readonly tag: string;
    readonly size: number;
    readonly free?: boolean;
  }[];
}

export const KERNEL_DATA: KernelDataTruth = {
  notify: {
    PspCreateProcessNotifyRoutine: ['tcpip.sys+0x1100', '0xfffff80099990000'],
    PspCreateThreadNotifyRoutine: ['disk.sys+0x2000'],
    PspLoadImageNotifyRoutine: ['ntoskrnl.exe+0x1800'],
  },
  registry: [{ routine: 'disk.sys+0x3000', altitude: '380010' }],
  timers: [
    { routine: 'tcpip.sys+0x5000', due: 987_654_321n, period: 1000 },
    { routine: '0xfffff80088880000', due: 5_000_000n, period: 0 },
  ],
  unloaded: [
    { name: 'dump_disk.sys', start: 0xffff_f800_3000_0000n, size: 0x1d000n, time: '2024-03-05T08:00:30Z' },
    { name: 'evil.sys', start: 0xffff_f800_3100_0000n, size: 0x8000n, time: '2024-03-05T09:39:58Z' },
  ],
  big: [
    { address: 0xffff_c10a_5000_0000n, tag: 'CM31', size: 0x5000 },
    { address: 0xffff_c10a_5100_0000n, tag: 'Evil', size: 0x8000, free: true },
  ],
};

/** Lists that nothing is on. */
const EMPTY = [
  'KeBugCheckCallbackListHead',
  'KeBugCheckReasonCallbackListHead',
  'IopFsNotifyChangeQueueHead',
  'IopNotifyShutdownQueueHead',
  'IopNotifyLastChanceShutdownQueueHead',
];

const WAIT = { never: 0x1234_5678_9abc_de3fn, always: 0x0fed_cba9_8765_4321n };
const WORD = (1n << 64n) - 1n;

export function writeKernelData(guest: NtGuest, truth: KernelDataTruth): void {
  writeCallbacks(guest, truth);
  writeTimers(guest, truth);
  writeUnloaded(guest, truth);
  writeBig(guest, truth);
}

function writeCallbacks(guest: NtGuest, { notify, registry }: KernelDataTruth): void {
  const { memory, pool, types } = guest;
  for (const name of EMPTY) if (types.rva(name) !== undefined) memory.ring([guest.symbol(name)]);
  for (const [variable, routines] of Object.entries(notify)) {
    for (const [index, routine] of routines.entries()) {
      const block = pool.allocate('Cbrb', 24);
      memory.pointer(block + 8n, guest.resolve(routine));
      memory.pointer(guest.symbol(variable) + BigInt(index * 8), block | 0xfn);
    }
  }
  const entries = registry.map(({ routine, altitude }) => {
    const entry = pool.allocate('CMcb', 0x40);
    memory.pointer(entry + 0x28n, guest.resolve(routine));
    const text = Buffer.from(altitude, 'utf16le');
    const buffer = pool.allocate('CMal', text.length);
    memory.write(buffer, text);
    memory.set(entry + 0x30n, '_UNICODE_STRING', { Length: text.length, MaximumLength: text.length, Buffer: buffer });
    return entry;
  });
  memory.ring([guest.symbol('CallbackListHead'), ...entries]);
}

/** All in the first processor's table; the routine's address scrambled as the kernel does. */
function writeTimers(guest: NtGuest, { timers }: KernelDataTruth): void {
  const { memory, pool, types } = guest;
  guest.setVariable('KiWaitNever', 8, WAIT.never);
  guest.setVariable('KiWaitAlways', 8, WAIT.always);
  const prcb = memory.read(guest.symbol('KiProcessorBlock'), 8).readBigUInt64LE();
  const table = memory.at(prcb, '_KPRCB', 'TimerTable.TimerEntries');
  const heads = types.size('_KTIMER_TABLE_ENTRY');
  for (let row = 0; row < 256; row++) {
    const head = memory.at(table + BigInt(row * heads), '_KTIMER_TABLE_ENTRY', 'Entry');
    const mine = timers.filter(({ due }) => Number((due >> 18n) & 0xffn) === row);
    const links = mine.map(({ routine, due, period }) => {
      const dpc = pool.allocate('Dpc ', types.size('_KDPC'));
      memory.set(dpc, '_KDPC', { DeferredRoutine: guest.resolve(routine) });
      const timer = pool.allocate('Timr', types.size('_KTIMER'));
      memory.set(timer, '_KTIMER', { 'DueTime.QuadPart': due, Period: period, Dpc: scramble(dpc, timer) });
      return memory.at(timer, '_KTIMER', 'TimerListEntry');
    });
    memory.ring([head, ...links]);
  }
}

/** The inverse of what readers do: always, bytes, timer, rotation, never. */
function scramble(dpc: bigint, timer: bigint): bigint {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(dpc ^ WAIT.always);
  const turned = bytes.readBigUInt64LE() ^ timer;
  const by = WAIT.never & 63n;
  return (((turned >> by) | (turned << (64n - by))) & WORD) ^ WAIT.never;
}

function writeUnloaded(guest: NtGuest, { unloaded }: KernelDataTruth): void {
  const { memory, pool } = guest;
  const table = pool.allocate('MmDT', 50 * 40);
  memory.pointer(guest.symbol('MmUnloadedDrivers'), table);
  for (const [index, { name, start, size, time }] of unloaded.entries()) {
    const entry = table + BigInt(index * 40);
    const text = Buffer.from(name, 'utf16le');
    const buffer = pool.allocate('MmDN', text.length, true);
    memory.write(buffer, text);
    memory.set(entry, '_UNICODE_STRING', { Length: text.length, MaximumLength: text.length, Buffer: buffer });
    memory.pointer(entry + 16n, start);
    memory.pointer(entry + 24n, start + size);
    memory.pointer(entry + 32n, ntTime(time));
  }
}

function writeBig(guest: NtGuest, { big }: KernelDataTruth): void {
  const { memory, pool, types } = guest;
  const size = types.size('_POOL_TRACKER_BIG_PAGES');
  const table = pool.allocate('Pool', 64 * size);
  memory.pointer(guest.symbol('PoolBigPageTable'), table);
  guest.setVariable('PoolBigPageTableSize', 4, 64);
  for (const [index, { address, tag, size: bytes, free }] of big.entries()) {
    const entry = table + BigInt((index * 7 + 3) * size);
    const values = { Va: address | (free ? 1n : 0n), Key: tagNumber(tag), NumberOfBytes: bytes };
    memory.set(entry, '_POOL_TRACKER_BIG_PAGES', values);
    memory.setKnown(entry, '_POOL_TRACKER_BIG_PAGES', { PoolType: 1 });
  }
}
