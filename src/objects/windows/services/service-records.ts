/**
 * The records of the service controller in the memory of services.exe.
 *
 * A first record is found by a tag before it or in it, or, on ReactOS, by the name that stands right behind the record which
 * points to it; the others by their links. What has no type, state and start type of a service is none.
 */
import { u32, utf16Text } from '../../../core/bytes.js';
import type { PagedAddressSpace } from '../../../memory/paged-address-space.js';
import { residentChunks } from '../../resident-chunks.js';
import { readPointer, type ViewContext } from '../../struct-view.js';
import type { WindowsKernel } from '../kernel.js';
import { processName } from '../process-facts.js';
import { processes } from '../processes.js';
import { userEnd } from '../user-space.js';
import { type ServiceLayout, serviceLayout } from './service-layouts.js';
import { isProcessService, SERVICE_STARTS, SERVICE_STATES, serviceTypeName } from './service-names.js';

export interface ServiceRecord {
  readonly name: string;
  readonly displayName: string | undefined;
  readonly type: number;
  readonly state: number;
  readonly start: number;
  readonly pid: number | undefined;
  /** Command line of the program, or name of the driver object; while it runs only. */
  readonly binary: string | undefined;
  readonly offset: bigint;
}

const TAGS = { 'own tag': 'sErv', header: 'serH' } as const;
const MAX_RECORDS = 100_000;
const MAX_NAME = 512;
/** How far behind its record a name may stand. */
const NAME_REACH = 0x80n;
const PROCESS_START_LIMIT = 0x1_0000n;

/** The services that the controller knows, each once, in the order in which they are found. */
export function* serviceRecords(kernel: WindowsKernel): Generator<ServiceRecord> {
  const layout = serviceLayout(kernel.profile.pointerSize, kernel.buildNumber, kernel.isReactOS);
  if (layout === undefined) return;
  for (const process of processes(kernel)) {
    if (processName(process)?.toLowerCase() !== 'services.exe') continue;
    const space = kernel.processSpace(process);
    if (space !== undefined) yield* recordsIn(kernel, space, layout);
  }
}

function* recordsIn(kernel: WindowsKernel, space: PagedAddressSpace, layout: ServiceLayout): Generator<ServiceRecord> {
  const context = kernel.within(space);
  const seen = new Set<bigint>();
  for (const first of candidates(kernel, space, layout)) {
    for (let at: bigint | undefined = first; at !== undefined && !seen.has(at) && seen.size < MAX_RECORDS; ) {
      const record = recordAt(context, at, layout);
      if (record === undefined) break;
      seen.add(at);
      yield record;
      at = pointer(context, at + BigInt(layout.previous));
    }
  }
}

/** Addresses that could be records: a look at everything the process has in memory. */
function* candidates(kernel: WindowsKernel, space: PagedAddressSpace, layout: ServiceLayout): Generator<bigint> {
  const { pointerSize } = space;
  const tag = layout.found === 'name behind it' ? undefined : Buffer.from(TAGS[layout.found], 'latin1').readUInt32LE(0);
  for (const { offset, bytes } of residentChunks(space, PROCESS_START_LIMIT, userEnd(kernel))) {
    const words = bytes.slice();
    const start = PROCESS_START_LIMIT + BigInt(offset);
    for (let at = 0; at + 4 <= words.length; at += 4) {
      const address = start + BigInt(at);
      const word = u32(words, at);
      if (tag === undefined) {
        // The word is the pointer to the name.
        const distance = BigInt(word) - (address - BigInt(layout.name));
        const record = address - BigInt(layout.name);
        if (distance > 0n && distance <= NAME_REACH && isLinked(kernel.within(space), record)) yield record;
      } else if (word === tag) {
        const record =
          layout.found === 'header'
            ? pointer(kernel.within(space), address + BigInt(layout.tag))
            : address - BigInt(layout.tag);
        if (record !== undefined && record !== 0n && record % BigInt(pointerSize) === 0n) yield record;
      }
    }
  }
}

/** The one after it points back: the display name may be the same text as the name, four bytes further. */
function isLinked(context: ViewContext, record: bigint): boolean {
  const next = pointer(context, record);
  return next !== undefined && pointer(context, next + BigInt(context.space.pointerSize)) === record;
}

function recordAt(context: ViewContext, offset: bigint, layout: ServiceLayout): ServiceRecord | undefined {
  const number = (place: number) => {
    const bytes = context.space.view(offset + BigInt(place), 4);
    return bytes && u32(bytes, 0);
  };
  const [type, state, start] = [number(layout.type), number(layout.state), number(layout.start)];
  if (type === undefined || state === undefined || start === undefined) return undefined;
  const isRecord =
    serviceTypeName(type) !== undefined && SERVICE_STATES[state] !== undefined && start < SERVICE_STARTS.length;
  const name = isRecord ? text(context, pointer(context, offset + BigInt(layout.name))) : undefined;
  if (name === undefined || !/^[\x20-\x7e]+$/.test(name)) return undefined;
  const displayName = text(context, pointer(context, offset + BigInt(layout.displayName)));
  return { name, displayName, type, state, start, offset, ...behind(context, offset, layout, type, state) };
}

const RUNNING = 4;

/** What a running service is: a process and its command line, or a driver. */
function behind(context: ViewContext, offset: bigint, layout: ServiceLayout, type: number, state: number) {
  if (state !== RUNNING) return { pid: undefined, binary: undefined };
  if (!isProcessService(type)) {
    return { pid: undefined, binary: text(context, pointer(context, offset + BigInt(layout.driver))) };
  }
  const process = pointer(context, offset + BigInt(layout.process));
  if (process === undefined || process === 0n) return { pid: undefined, binary: undefined };
  const bytes = context.space.view(process + BigInt(layout.pid), 4);
  const path = pointer(context, process + BigInt(layout.binary));
  // Services of programs that the controller did not start itself have none (ReactOS's SamSs in lsass).
  return { pid: (bytes && u32(bytes, 0)) || undefined, binary: text(context, path) };
}

/** Looked at without the fault log: what only looks alike is no damage. */
function pointer(context: ViewContext, address: bigint): bigint | undefined {
  return context.space.view(address, context.space.pointerSize) === undefined
    ? undefined
    : readPointer(context, address);
}

function text(context: ViewContext, address: bigint | undefined): string | undefined {
  if (address === undefined || address === 0n) return undefined;
  const bytes = new Uint8Array(MAX_NAME);
  const got = context.space.read(address, bytes);
  return got < 2 ? undefined : utf16Text(bytes.subarray(0, got));
}
