/**
 * Routines that drivers have asked the kernel to call: at the start of processes, on registry access, at shutdown, …
 *
 * Each kind is a row of a table: where it is kept and how an entry looks. Structures that public symbols lack are given by
 * the places of their members, in words of a pointer's size.
 * Source: Microsoft's public symbols (names of the variables, _EX_FAST_REF, _OBJECT_TYPE); wdm.h and ntifs.h (the
 * registrations); ReactOS's headers for _CALLBACK_OBJECT, _EX_CALLBACK_ROUTINE_BLOCK, _SHUTDOWN_PACKET and _NOTIFICATION_PACKET.
 */

import { chain } from '../chain.js';
import { readPointer } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { objectTypes } from './object-directory.js';
import { objectPath } from './object-header.js';
import { scanObjects } from './pool-scan.js';
import { stringText, unicodeString } from './unicode-string.js';

export interface KernelCallback {
  readonly kind: string;
  readonly routine: bigint;
  /** What it is registered for or under: altitude, name of the callback object, component. */
  readonly detail: string | undefined;
  /** Address of the entry. */
  readonly offset: bigint;
}

/** Arrays of counted references to blocks of a rundown, the routine, and its context. */
const ARRAYS = [
  { kind: 'process start and end', symbol: 'PspCreateProcessNotifyRoutine' },
  { kind: 'thread start and end', symbol: 'PspCreateThreadNotifyRoutine' },
  { kind: 'image load', symbol: 'PspLoadImageNotifyRoutine' },
  { kind: 'registry (5.x)', symbol: 'CmpCallBackVector' },
] as const;
/** As many as any version has; arrays end at the first place that is empty and never used. */
const MAX_ROUTINES = 64;
const REFERENCE_BITS = { 4: 7n, 8: 15n } as const;

/** Lists whose entries begin with their links; the words at which the routine and what names it lie. */
const LISTS = [
  { kind: 'bug check', symbol: 'KeBugCheckCallbackListHead', routine: 2, text: 5 },
  { kind: 'bug check reason', symbol: 'KeBugCheckReasonCallbackListHead', routine: 2, text: 3 },
  { kind: 'file system registration', symbol: 'IopFsNotifyChangeQueueHead', routine: 3 },
  { kind: 'shutdown', symbol: 'IopNotifyShutdownQueueHead', device: 2 },
  { kind: 'last chance shutdown', symbol: 'IopNotifyLastChanceShutdownQueueHead', device: 2 },
] as const;

/** Registry callbacks since 6.0: links, two words of 32 bits, cookie, context, routine, altitude. */
const REGISTRY = { 4: { routine: 0x1c, altitude: 0x20 }, 8: { routine: 0x28, altitude: 0x30 } } as const;
/** Entries of _OBJECT_TYPE.CallbackList: links, operations, handle, type, routines before and after. */
const OBJECT = { 4: { before: 0x18, after: 0x1c }, 8: { before: 0x28, after: 0x30 } } as const;

const SHUTDOWN_REQUEST = 16;
const MAX_COMPONENT = 64;

/** All that can be found; kinds whose variable has no known symbol give nothing. */
export function* kernelCallbacks(kernel: WindowsKernel): Generator<KernelCallback> {
  for (const array of ARRAYS) yield* arrayed(kernel, array);
  for (const list of LISTS) yield* listed(kernel, list);
  yield* registryCallbacks(kernel);
  yield* objectCallbacks(kernel);
  yield* callbackObjects(kernel);
}

/** The kinds whose variables are not known in this kernel, for a remark. */
export function unknownCallbackKinds(kernel: WindowsKernel): string[] {
  return [...ARRAYS, ...LISTS, { kind: 'registry', symbol: 'CallbackListHead' }]
    .filter(({ symbol }) => kernel.address(symbol) === undefined)
    .map(({ kind }) => kind);
}

function* arrayed(kernel: WindowsKernel, { kind, symbol }: (typeof ARRAYS)[number]): Generator<KernelCallback> {
  const array = kernel.address(symbol);
  if (array === undefined) return;
  const { pointerSize } = kernel.profile;
  for (const reference of kernel.pointerArray(array, MAX_ROUTINES)) {
    const block = reference & ~REFERENCE_BITS[pointerSize];
    if (block === 0n) return;
    const routine = readPointer(kernel, block + BigInt(pointerSize));
    if (routine !== undefined && routine !== 0n) yield { kind, routine, detail: undefined, offset: block };
  }
}

/** The nodes of a list of entries that begin with their links. */
function* nodes(kernel: WindowsKernel, head: bigint): Generator<bigint> {
  const next = (node: bigint) => readPointer(kernel, node);
  yield* chain(kernel, next(head), next, (node) => node === head || node === 0n);
}

function* listed(kernel: WindowsKernel, list: (typeof LISTS)[number]): Generator<KernelCallback> {
  const head = kernel.address(list.symbol);
  if (head === undefined) return;
  const word = (node: bigint, index: number) => readPointer(kernel, node + BigInt(index * kernel.profile.pointerSize));
  for (const node of nodes(kernel, head)) {
    if ('device' in list) {
      // What is called is the driver of the device, with a request to shut down.
      const device = word(node, list.device);
      const driver = device ? kernel.struct('_DEVICE_OBJECT', device).follow('DriverObject') : undefined;
      const routine = driver?.pointers('MajorFunction', SHUTDOWN_REQUEST + 1)?.[SHUTDOWN_REQUEST];
      const detail = driver && unicodeString(driver, 'DriverName');
      if (routine) yield { kind: list.kind, routine, detail, offset: node };
      continue;
    }
    const routine = word(node, list.routine);
    const text = 'text' in list ? word(node, list.text) : undefined;
    const name = text ? kernel.space.view(text, MAX_COMPONENT) : undefined;
    if (routine) yield { kind: list.kind, routine, detail: name && printable(name), offset: node };
  }
}

function printable(bytes: Uint8Array): string | undefined {
  const text = /^[\x20-\x7e]+/.exec(Buffer.from(bytes).toString('latin1'))?.[0];
  return text;
}

function* registryCallbacks(kernel: WindowsKernel): Generator<KernelCallback> {
  const head = kernel.address('CallbackListHead');
  if (head === undefined) return;
  const places = REGISTRY[kernel.profile.pointerSize];
  for (const node of nodes(kernel, head)) {
    const routine = readPointer(kernel, node + BigInt(places.routine));
    if (routine === undefined || routine === 0n) continue;
    const altitude = kernel.struct('_UNICODE_STRING', node + BigInt(places.altitude));
    yield { kind: 'registry', routine, detail: stringText(altitude), offset: node };
  }
}

function* objectCallbacks(kernel: WindowsKernel): Generator<KernelCallback> {
  const places = OBJECT[kernel.profile.pointerSize];
  for (const [name, address] of objectTypes(kernel)) {
    const type = kernel.struct('_OBJECT_TYPE', address);
    if (!type.has('CallbackList')) return;
    for (const node of nodes(kernel, type.addressOf('CallbackList'))) {
      for (const [when, place] of Object.entries(places)) {
        const routine = readPointer(kernel, node + BigInt(place));
        if (routine) yield { kind: `handle of ${name}`, routine, detail: when, offset: node };
      }
    }
  }
}

/** The callback objects (\Callback\PowerState): links, the object, the routine. */
function* callbackObjects(kernel: WindowsKernel): Generator<KernelCallback> {
  const { pointerSize } = kernel.profile;
  for (const { header, body } of scanObjects(kernel, ['Callback'])) {
    // A signature and a lock stand before the list, each in a word.
    for (const node of nodes(kernel, body + BigInt(2 * pointerSize))) {
      const routine = readPointer(kernel, node + BigInt(3 * pointerSize));
      if (routine) yield { kind: 'callback object', routine, detail: objectPath(kernel, header), offset: node };
    }
  }
}
