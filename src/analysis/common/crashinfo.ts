/** `crashinfo`: what a Windows crash dump says about the crash: its header, registers, stack and drivers. */
import { hex } from '../../core/address.js';
import { u32, u64 } from '../../core/bytes.js';
import { column, type Row } from '../../core/columns.js';
import { UserError } from '../../core/errors.js';
import { isoTime } from '../../core/iso-time.js';
import type { TriageParts, WindowsDump } from '../../memory/windows-dump.js';
import { bugCheckName } from '../../objects/windows/bug-check-names.js';
import { crashContext } from '../../objects/windows/crash-context.js';
import { driverName, inDriver } from '../../objects/windows/dumped-drivers.js';
import { definePlugin } from '../plugin.js';

const columns = {
  kind: column.text('header, bug check, process, thread, processor, register, stack, driver, unloaded driver'),
  name: column.text('What it is called'),
  address: column.address('Address, or the value of the register or word'),
  size: column.size('Bytes of memory of a driver'),
  value: column.text('What is said; for addresses the driver they lie in'),
  slot: column.address('Where on the stack the word lies; of a processor its control block', { quiet: true }),
  timestamp: column.mask('Time stamp of the PE header; a hash in reproducible builds', { quiet: true }),
} as const;

type CrashRow = Row<typeof columns>;

export default definePlugin({
  name: 'crashinfo',
  scope: 'image',
  common: true,
  summary: 'Say what a Windows crash dump tells about the crash',
  description:
    'The header of full, bitmap and triage dumps, the registers of the processor that stopped the machine and, from ' +
    'triage dumps, the process and the thread that ran, the loaded and unloaded drivers and the words on the stack that point into a driver: return addresses, ' +
    'and what is left of earlier calls.',
  aliases: ['windows.crashinfo.Crashinfo'],
  examples: ['crashinfo -f MEMORY.DMP', 'crashinfo -f mini.dmp --filter kind=driver --json'],
  fits: ({ memory }) => memory.windowsDump !== undefined,
  columns,
  *rows({ name, memory }) {
    const dump = memory.windowsDump;
    if (dump === undefined) {
      throw new UserError(`${name} is no Windows crash dump (${memory.format})`, 'crashinfo needs a .dmp file');
    }
    yield* headerRows(dump);
    yield* bugCheckRows(dump);
    yield* contextRows(dump);
    const drivers = dump.triage?.drivers ?? [];
    for (const [register, value] of dump.context) {
      yield { kind: 'register', name: register, address: value, value: inDriver(drivers, value) };
    }
    if (dump.triage === undefined) return;
    yield* stackRows(dump.triage, dump.pointerSize);
    for (const driver of drivers) {
      const { base, size, path, timestamp } = driver;
      yield { kind: 'driver', name: driverName(driver), address: base, size, value: path, timestamp };
    }
    for (const { name: unloaded, start, end } of dump.triage.unloadedDrivers) {
      yield { kind: 'unloaded driver', name: unloaded, address: start, size: end - start };
    }
  },
});

function* headerRows(dump: WindowsDump): Generator<CrashRow> {
  const said = (name: string, value: string): CrashRow => ({ kind: 'header', name, value });
  const at = (name: string, address: bigint): CrashRow => ({ kind: 'header', name, address });
  yield said('dump', dump.kind);
  yield said('machine', hex(dump.machine));
  yield said('build', `${dump.build}`);
  yield said('processors', `${dump.processors}`);
  if (dump.systemTime !== undefined) yield said('time', isoTime(dump.systemTime));
  if (dump.upTime !== undefined) yield said('up time', `${Number(dump.upTime) / 1e9} s`);
  yield at('page table root', dump.directoryTableBase);
  yield at('PfnDataBase', dump.pfnDatabase);
  yield at('PsLoadedModuleList', dump.loadedModuleList);
  yield at('PsActiveProcessHead', dump.activeProcessHead);
  yield at('KdDebuggerDataBlock', dump.debuggerData);
  if (dump.triage !== undefined) yield said('memory blocks', `${dump.triage.blocks.length}`);
}

/** The process, the thread, and what the other processors did. */
function* contextRows(dump: WindowsDump): Generator<CrashRow> {
  const context = crashContext(dump);
  if (context === undefined) return;
  const { process, thread, processors } = context;
  const { pid, name, activeThreads } = process;
  yield { kind: 'process', name, value: `pid ${pid}, ${activeThreads} threads` };
  const start = inDriver(dump.triage?.drivers ?? [], thread.startAddress);
  yield { kind: 'thread', name: `${thread.tid}`, address: thread.startAddress, value: start && `started at ${start}` };
  for (const { processor, thread: running, isIdle, block } of processors) {
    yield {
      kind: 'processor',
      name: `${processor}`,
      address: running,
      value: isIdle ? 'idle' : 'running',
      slot: block,
    };
  }
}

function* bugCheckRows({ bugCheck, exception, triage }: WindowsDump): Generator<CrashRow> {
  const drivers = triage?.drivers ?? [];
  yield { kind: 'bug check', name: 'code', address: bugCheck.code, value: bugCheckName(bugCheck.code) };
  for (const [index, parameter] of bugCheck.parameters.entries()) {
    const value = inDriver(drivers, parameter);
    yield { kind: 'bug check', name: `parameter ${index + 1}`, address: parameter, value };
  }
  const { address, code } = exception;
  yield {
    kind: 'bug check',
    name: 'exception',
    address,
    value: `${hex(code)} ${inDriver(drivers, address) ?? ''}`.trim(),
  };
}

function* stackRows({ stack, drivers }: TriageParts, pointerSize: 4 | 8): Generator<CrashRow> {
  for (let at = 0; at + pointerSize <= stack.bytes.length; at += pointerSize) {
    const word = pointerSize === 8 ? u64(stack.bytes, at) : BigInt(u32(stack.bytes, at));
    const value = inDriver(drivers, word);
    if (value !== undefined) yield { kind: 'stack', address: word, value, slot: stack.address + BigInt(at) };
  }
}
