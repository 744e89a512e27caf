/**
 * Whether the types of another build describe the kernel in an image: looks at what they say about the processes on its
 * list, from many sides that a wrong offset would spoil.
 *
 * `live-system.ts` proves the System process alone, which is enough for types that are of this build.
 */
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { PAGING_MODES } from '../../memory/paging-modes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import type { TypeSource } from '../types.js';
import { KernelReader } from './kernel-reader.js';
import type { LiveSystem } from './live-system.js';
import type { WindowsKernelLocation } from './location.js';

/** Processes that are looked at. */
const MAX_PROCESSES = 64;
/** Kinds of members that have to be borne out, and how much of all that could be read may contradict. */
const ENOUGH_KINDS = 4;
const TOLERANCE = 0.1;
const MAX_PROCESS_ID = 1n << 26n;
/** The low bits of counted references hold their counts. */
const REFERENCE_BITS = { 4: 7n, 8: 15n } as const;

/** What one look says: borne out, contradicted, or nothing (unreadable, or not there). */
type Verdict = boolean | undefined;
type Check = (reader: KernelReader, process: bigint, pid: bigint, memory: PhysicalMemory) => Verdict;

const CHECKS: Readonly<Record<string, Check>> = {
  name: (reader, process) => {
    const at = reader.at('_EPROCESS', process, 'ImageFileName');
    const name = at === undefined ? undefined : reader.text(at, 15);
    return name === undefined ? undefined : /^[\x20-\x7e]{1,15}$/.test(name);
  },
  processId: (_reader, _process, pid) => pid % 4n === 0n && pid > 0n && pid < MAX_PROCESS_ID,
  threads: (reader, process, pid) => {
    const head = reader.at('_EPROCESS', process, 'ThreadListHead');
    const entry = head && reader.pointer(head);
    if (entry === undefined || entry === head) return undefined;
    const thread = reader.around('_ETHREAD', entry, 'ThreadListEntry');
    const owner = thread && reader.value('_ETHREAD', thread, 'Cid.UniqueProcess');
    if (owner === undefined) return undefined;
    return owner === pid && reader.pointer(entry + BigInt(reader.space.pointerSize)) === head;
  },
  handleTable: (reader, process, pid) => {
    const table = reader.value('_EPROCESS', process, 'ObjectTable');
    if (table === undefined || table === 0n) return undefined;
    const owner = reader.value('_HANDLE_TABLE', table, 'UniqueProcessId');
    return owner === undefined ? undefined : owner === pid;
  },
  token: (reader, process) => {
    const reference = reader.value('_EPROCESS', process, 'Token.Object');
    if (reference === undefined || reference === 0n) return undefined;
    const token = reference & ~REFERENCE_BITS[reader.space.pointerSize];
    const groups = reader.value('_TOKEN', token, 'UserAndGroups');
    const sid = groups && reader.value('_SID_AND_ATTRIBUTES', groups, 'Sid');
    const revision = sid === undefined ? undefined : reader.space.view(sid, 2);
    return revision && revision[0] === 1 && (revision[1] as number) <= 15;
  },
  environment: (reader, process, _pid, memory) => {
    const peb = reader.value('_EPROCESS', process, 'Peb');
    const root = reader.value('_EPROCESS', process, 'Pcb.DirectoryTableBase');
    const image = reader.value('_EPROCESS', process, 'SectionBaseAddress');
    if (!peb || !root || image === undefined) return undefined;
    const { mode } = reader.space as PagedAddressSpace;
    const own = new PagedAddressSpace('process', memory, mode, Number(root & 0x000f_ffff_ffff_ffffn));
    const base = new KernelReader(own, reader.types).value('_PEB', peb, 'ImageBaseAddress');
    return base === undefined ? undefined : base === image;
  },
};

/** True when what can be read of the kernel's processes bears the types out. */
export function provenByProcesses(
  memory: PhysicalMemory,
  location: WindowsKernelLocation,
  types: TypeSource,
  system: LiveSystem,
): boolean {
  const space = new PagedAddressSpace('kernel', memory, PAGING_MODES[location.paging], system.dtb);
  const reader = new KernelReader(space, types);
  const borneOut = new Set<string>();
  let agreed = 0;
  let contradicted = 0;
  for (const process of listed(reader, system.process)) {
    const pid = reader.value('_EPROCESS', process, 'UniqueProcessId');
    if (pid === undefined) continue;
    for (const [kind, check] of Object.entries(CHECKS)) {
      const verdict = check(reader, process, pid, memory);
      if (verdict === true) borneOut.add(kind);
      if (verdict === true) agreed++;
      else if (verdict === false) contradicted++;
    }
  }
  return borneOut.size >= ENOUGH_KINDS && contradicted <= (agreed + contradicted) * TOLERANCE;
}

/** The processes behind System on the list; its head is no process and looks like one with a wrong id. */
function* listed(reader: KernelReader, system: bigint): Generator<bigint> {
  const first = reader.at('_EPROCESS', system, 'ActiveProcessLinks');
  const seen = new Set<bigint>();
  let at = first;
  while (at !== undefined && !seen.has(at) && seen.size < MAX_PROCESSES) {
    seen.add(at);
    const process = reader.around('_EPROCESS', at, 'ActiveProcessLinks');
    const next = reader.pointer(at);
    if (process !== undefined && (next !== first || seen.size === 1)) yield process;
    at = next;
  }
}
