/**
 * The host helpers that system instructions call, by the names in `host-helper-names.ts`. Arguments are in the state
 * fields `argument0` … and results go to `result0`, `result1`. A thrown `GuestException` leaves the instruction.
 */

import { InvariantError } from '../../core/errors.js';
import { AC, TF, VM } from '../isa/eflags.js';
import { X87_FUNCTION_NAMES } from '../isa/x87-control.js';
import { loadBcd, storeBcd } from '../softfloat/x87-bcd.js';
import { X87_FUNCTIONS } from '../softfloat/x87-functions.js';
import type { X87Stack } from '../softfloat/x87-operand.js';
import { CR0, CR4 } from './control-bits.js';
import type { ProcessorCore } from './core.js';
import { cpuidLeaf } from './cpuid.js';
import { DR6 } from './debug-unit.js';
import { GuestException, protectionFault, VECTOR } from './exceptions.js';
import { HOST_HELPERS } from './host-helper-names.js';
import { usesDescriptors } from './mode.js';
import { XCR0 } from './observer.js';
import { CS, DS, loadSegment, SS } from './segments.js';
import { systemCall, systemEnter, systemExit, systemReturn } from './system-calls.js';

export type HostHelper = (core: ProcessorCore) => void;

const arg = (core: ProcessorCore, index: number): bigint => core.state.argument(index);
const num = (core: ProcessorCore, index: number): number => core.state.smallArgument(index);
const result = (core: ProcessorCore, value: bigint | number, index = 0): void => core.state.setResult(index, value);

function requireRing0(core: ProcessorCore): void {
  if (core.state.cpl !== 0) protectionFault();
}

function requireProtected(core: ProcessorCore): void {
  if (!usesDescriptors(core.state)) throw new GuestException(VECTOR.invalidOpcode);
}

/** After MOV SS and POP SS one instruction runs before any interrupt. */
function loadSegmentHelper(core: ProcessorCore): void {
  const segment = num(core, 0);
  if (segment === CS) throw new GuestException(VECTOR.invalidOpcode);
  loadSegment(core.state, core.memory, segment, num(core, 1) & 0xffff);
  // The mode does not depend on FS and GS.
  if (segment <= DS) core.arrived();
  if (segment === SS) core.holdInterrupts();
}

function describe(core: ProcessorCore, value: number | undefined): void {
  result(core, value ?? 0);
  result(core, value === undefined ? 0 : 1, 1);
}

function debugAccess(core: ProcessorCore, index: number): number {
  requireRing0(core);
  const aliased = index === 4 || index === 5;
  if (aliased && (core.state.cr4 & CR4.DE) !== 0) throw new GuestException(VECTOR.invalidOpcode);
  if (core.debug.detectsAccess) throw new GuestException(VECTOR.debug, 0, undefined, DR6.BD);
  return aliased ? index + 2 : index;
}

/** CPUID shows the local APIC only while it is enabled (SDM volume 3, 11.4.3). */
const APIC_BASE = 0x1b;
const APIC_ENABLE = 0x800n;

function identify(core: ProcessorCore): void {
  const { state } = core;
  const word = (index: number): number => Number(BigInt.asIntN(32, state.gpr(index)));
  const apicBase = core.bus.readMsr(APIC_BASE);
  const apicOn = apicBase === undefined || (apicBase & APIC_ENABLE) !== 0n;
  const leaf = cpuidLeaf(core.model, { state, apicOn }, word(0), word(1));
  [0, 3, 1, 2].forEach((register, i) => {
    state.setGpr(register, BigInt((leaf[i] as number) >>> 0));
  });
}

function readMsr(core: ProcessorCore): void {
  requireRing0(core);
  const value = core.msrs.read(Number(core.state.gpr(1) & 0xffffffffn));
  core.state.setGpr(0, value & 0xffffffffn);
  core.state.setGpr(2, (value >> 32n) & 0xffffffffn);
}

function writeMsr(core: ProcessorCore): void {
  requireRing0(core);
  const { state } = core;
  const value = (state.gpr(0) & 0xffffffffn) | ((state.gpr(2) & 0xffffffffn) << 32n);
  const number = Number(state.gpr(1) & 0xffffffffn);
  const { msr } = state.observer;
  const old = msr === undefined ? 0n : readableMsr(core, number);
  core.msrs.write(number, value);
  msr?.(number, old, value);
}

/** The value of an MSR for whoever observes writes to it; 0 where it cannot be read. */
function readableMsr(core: ProcessorCore, number: number): bigint {
  try {
    return core.msrs.read(number);
  } catch (error) {
    if (error instanceof GuestException) return 0n;
    throw error;
  }
}

/** Writes a control register by `act`, with a report of what it was and is. */
function observeControl(core: ProcessorCore, register: number, act: () => void): void {
  const { control } = core.state.observer;
  const old = control === undefined ? 0n : core.control.read(register);
  act();
  control?.(register, old, core.control.read(register));
}

function waitFpu(core: ProcessorCore): void {
  const cr0 = core.state.cr0;
  if ((cr0 & (CR0.MP | CR0.TS)) === (CR0.MP | CR0.TS)) throw new GuestException(VECTOR.deviceNotAvailable);
}

function softwareInterrupt(core: ProcessorCore): void {
  const vector = num(core, 0);
  const kind = num(core, 1);
  const { state } = core;
  if (kind === 0 && (state.systemFlags & VM) !== 0 && (state.systemFlags & 0x3000) !== 0x3000) protectionFault();
  state.rip = core.nextRip();
  core.delivery.software(vector, kind === 2);
}

function requireSegmentBase(core: ProcessorCore): void {
  if ((core.state.cr4 & CR4.FSGSBASE) === 0) throw new GuestException(VECTOR.invalidOpcode);
}

function canonical(value: bigint): bigint {
  const top = BigInt.asIntN(64, value) >> 47n;
  return top === 0n || top === -1n ? value : protectionFault();
}

/** By name; each is declared in host-helper-names.ts. */
export const HELPER_BODIES: Readonly<Record<string, HostHelper>> = {
  loadSegment: loadSegmentHelper,
  readSegment: (core) => {
    const segment = num(core, 0);
    if (segment >= 6) requireProtected(core);
    result(core, core.state.selector(segment));
  },
  requireUmip: (core) => {
    if ((core.state.cr4 & CR4.UMIP) !== 0) requireRing0(core);
  },
  requireRing0,
  requireProtected,
  input: (core) => result(core, core.ports.read(num(core, 0), num(core, 1))),
  output: (core) => core.ports.write(num(core, 0), num(core, 1), num(core, 2)),
  inputString: (core) => core.ports.string(true, num(core, 0), num(core, 1), num(core, 2), num(core, 3) === 1),
  outputString: (core) => core.ports.string(false, num(core, 0), num(core, 1), num(core, 2), num(core, 3) === 1),
  farJump: (core) => {
    core.transfers.jump(num(core, 0), arg(core, 1), num(core, 2), core.nextRip());
    core.state.observer.transferred?.('far jump');
  },
  farCall: (core) => {
    core.transfers.call(num(core, 0), arg(core, 1), num(core, 2), core.nextRip());
    core.state.observer.transferred?.('far call');
  },
  farReturn: (core) => {
    core.transfers.farReturn(num(core, 0), num(core, 1));
    core.state.observer.transferred?.('far return');
  },
  interruptReturn: (core) => {
    core.transfers.interruptReturn(num(core, 0), core.nextRip());
    core.state.observer.returned?.();
  },
  interruptReturnLong: (core) => {
    core.transfers.interruptReturnLong([0, 1, 2, 3, 4].map((index) => arg(core, index)));
    core.arrived();
    core.state.observer.returned?.();
  },
  softwareInterrupt,
  interruptOnOverflow: (core) => {
    core.state.rip = core.nextRip();
    if (arg(core, 0) !== 0n) core.delivery.software(VECTOR.overflow, false);
  },
  systemCall: (core) => {
    systemCall(core.state, core.nextRip());
    core.arrived();
    core.debug.decideStep((core.state.systemFlags & TF) !== 0);
    core.state.observer.transferred?.('system call');
  },
  systemReturn: (core) => {
    systemReturn(core.state, num(core, 0));
    core.arrived();
    core.debug.decideStep((core.state.systemFlags & TF) !== 0);
    core.state.observer.transferred?.('system return');
  },
  systemEnter: (core) => {
    systemEnter(core.state);
    core.arrived();
    core.state.observer.transferred?.('system call');
  },
  systemExit: (core) => {
    systemExit(core.state, num(core, 0));
    core.arrived();
    core.state.observer.transferred?.('system return');
  },
  readMachineStatus: (core) => result(core, core.state.cr0 >>> 0),
  loadMachineStatus: (core) => {
    requireRing0(core);
    observeControl(core, 0, () => core.control.loadMachineStatus(num(core, 0)));
  },
  invalidatePage: (core) => {
    requireRing0(core);
    core.memory.flushPage(arg(core, 0));
  },
  readExtendedControl: (core) => {
    if ((core.state.cr4 & CR4.OSXSAVE) === 0) throw new GuestException(VECTOR.invalidOpcode);
    if (num(core, 0) !== 0) protectionFault();
    result(core, core.state.get('xcr0'));
  },
  writeExtendedControl: (core) => {
    if ((core.state.cr4 & CR4.OSXSAVE) === 0) throw new GuestException(VECTOR.invalidOpcode);
    requireRing0(core);
    const old = core.state.get('xcr0');
    core.control.writeExtended(num(core, 0), arg(core, 1));
    core.state.observer.control?.(XCR0, BigInt(old), arg(core, 1));
  },
  setAccessFlag: (core) => {
    if (core.state.cpl !== 0) throw new GuestException(VECTOR.invalidOpcode);
    const eflags = core.state.systemFlags;
    core.state.set('eflags', num(core, 0) === 1 ? eflags | AC : eflags & ~AC);
  },
  loadLocalTable: (core) => {
    requireProtected(core);
    requireRing0(core);
    core.queries.loadLocalTable(num(core, 0) & 0xffff);
  },
  loadTask: (core) => {
    requireProtected(core);
    requireRing0(core);
    core.queries.loadTask(num(core, 0) & 0xffff);
  },
  verifySegment: (core) => {
    requireProtected(core);
    core.queries.verify(num(core, 0) & 0xffff, num(core, 1) === 1);
  },
  readAccessRights: (core) => {
    requireProtected(core);
    describe(core, core.queries.accessRights(num(core, 0)));
  },
  readSegmentLimit: (core) => {
    requireProtected(core);
    describe(core, core.queries.limit(num(core, 0)));
  },
  readControl: (core) => {
    requireRing0(core);
    result(core, core.control.read(num(core, 0)));
  },
  writeControl: (core) => {
    requireRing0(core);
    observeControl(core, num(core, 0), () => core.control.write(num(core, 0), arg(core, 1)));
  },
  readDebug: (core) => result(core, core.state.getWide(`dr${debugAccess(core, num(core, 0))}`)),
  writeDebug: (core) => {
    const index = debugAccess(core, num(core, 0));
    const value = arg(core, 1);
    if (index >= 6 && value >> 32n !== 0n) protectionFault();
    // DR6 and DR7 have fixed bits (SDM volume 3, 18.2.3-18.2.4).
    const fixed =
      index === 6 ? (value & 0xe00fn) | 0xffff_0ff0n : index === 7 ? (value & 0xffff_2fffn) | 0x400n : value;
    core.state.setWide(`dr${index}`, fixed);
  },
  clearTaskSwitched: (core) => {
    requireRing0(core);
    observeControl(core, 0, () => core.control.clearTaskSwitched());
  },
  writeMsr,
  readMsr,
  identify,
  halt: (core) => {
    requireRing0(core);
    core.state.set('halted', 1);
    core.state.observer.halted?.();
  },
  waitFpu,
  x87Function: (core) => {
    const name = X87_FUNCTION_NAMES[num(core, 0)] as string;
    (X87_FUNCTIONS[name] as (stack: X87Stack) => void)(core.x87);
  },
  x87LoadBcd: (core) => loadBcd(core.x87, arg(core, 0), arg(core, 1)),
  x87StoreBcd: (core) => {
    const { low, high } = storeBcd(core.x87);
    result(core, low);
    result(core, high, 1);
  },
  randomWord: (core) => result(core, core.bus.randomWord()),
  readSegmentBase: (core) => {
    requireSegmentBase(core);
    result(core, core.state.segmentBase(num(core, 0)));
  },
  writeSegmentBase: (core) => {
    requireSegmentBase(core);
    core.state.setSegmentBase(num(core, 0), canonical(arg(core, 1)));
  },
};

/** The helpers by the numbers that generated code calls them by. */
export function helpersByNumber(): HostHelper[] {
  return HOST_HELPERS.map(({ name }) => {
    const body = HELPER_BODIES[name];
    if (body === undefined) throw new InvariantError(`host helper '${name}' has no body`);
    return body;
  });
}
