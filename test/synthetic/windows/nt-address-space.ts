/** User memory of a synthetic NT process: VAD tree, environment block, parameters, loader data, images. */
import { type NtGuest, ntTime } from './nt-guest.js';
import type { NtSpace } from './nt-memory.js';
import type { DllTruth, NtAreaTruth, NtProcessTruth } from './nt-truth.js';
import { peParts } from './pe-writer.js';

const PAGE = 4096;
/** Indices into MmProtectToValue. */
export const PROTECTIONS = {
  PAGE_NOACCESS: 24,
  PAGE_READONLY: 1,
  PAGE_EXECUTE_READ: 3,
  PAGE_READWRITE: 4,
  PAGE_WRITECOPY: 5,
  PAGE_EXECUTE_READWRITE: 6,
  PAGE_EXECUTE_WRITECOPY: 7,
} as const;
const VAD_IMAGE = 2;
const PEB = 0x7f_fff0_0000n;
const PARAMETERS = 0x20_0000n;

/** The areas of a process with those that its environment lies in, ascending. */
export function allAreas({ areas = [], image }: NtProcessTruth): NtAreaTruth[] {
  const environment: NtAreaTruth[] =
    image === undefined
      ? []
      : [
          { start: PARAMETERS, pages: 16, protection: 'PAGE_READWRITE', kind: 'private' },
          { start: PEB, pages: 16, protection: 'PAGE_READWRITE', kind: 'private' },
        ];
  return [...areas, ...environment].sort((a, b) => (a.start < b.start ? -1 : 1));
}

/** Writes the VAD tree of the process whose `_EPROCESS` is at `process`, and what its areas hold. */
export function writeAreas(guest: NtGuest, process: bigint, space: NtSpace, truth: NtProcessTruth): void {
  const { memory, types } = guest;
  const areas = allAreas(truth);
  const nodes = areas.map((area) => vad(guest, area));
  const isTable = types.has('_EPROCESS', 'VadRoot.BalancedRoot');
  const root = balance(guest, nodes, 0, nodes.length, isTable);
  memory.set(process, '_EPROCESS', { [isTable ? 'VadRoot.BalancedRoot.RightChild' : 'VadRoot.Root']: root });
  memory.setKnown(process, '_EPROCESS', {
    VadCount: nodes.length,
    ...(isTable && { 'VadRoot.NumberGenericTableElements': nodes.length }),
  });
  for (const { start, contents, protection } of areas) {
    if (contents === undefined) continue;
    const rights = { writable: protection.includes('WRITE'), executable: protection.includes('EXECUTE') };
    memory.write(start, Buffer.from(contents, 'latin1'), space, rights);
  }
}

function vad(guest: NtGuest, area: NtAreaTruth): bigint {
  const { memory, pool, types } = guest;
  const isShort = area.kind === 'private';
  const struct = isShort ? '_MMVAD_SHORT' : '_MMVAD';
  const node = pool.allocate(isShort ? 'VadS' : 'Vad ', types.size(struct));
  const core = types.has(struct, 'Core') ? 'Core.' : '';
  const first = area.start / BigInt(PAGE);
  const last = first + BigInt(area.pages) - 1n;
  memory.set(node, struct, { [`${core}StartingVpn`]: first, [`${core}EndingVpn`]: last });
  memory.setKnown(node, struct, {
    [`${core}StartingVpnHigh`]: first >> 32n,
    [`${core}EndingVpnHigh`]: last >> 32n,
    [`${core}u.VadFlags.CommitCharge`]: isShort ? area.pages : 0,
    [`${core}u1.VadFlags1.CommitCharge`]: isShort ? area.pages : 0,
    [`${core}u1.VadFlags1.MemCommit`]: isShort ? 1 : 0,
  });
  memory.set(node, struct, {
    [`${core}u.VadFlags.Protection`]: PROTECTIONS[area.protection],
    [`${core}u.VadFlags.PrivateMemory`]: isShort ? 1 : 0,
    [`${core}u.VadFlags.VadType`]: area.kind === 'image' ? VAD_IMAGE : 0,
  });
  if (area.file !== undefined) {
    const control = controlArea(guest, area.file, area.pages, area.kind === 'image');
    memory.set(node, struct, { Subsection: control + BigInt(types.size('_CONTROL_AREA')) });
  }
  return node;
}

/** A control area with its first subsection behind it, for the file at `path`. */
function controlArea(guest: NtGuest, path: string, pages: number, isImage: boolean): bigint {
  const { memory, pool, types } = guest;
  const area = pool.allocate('MmCa', types.size('_CONTROL_AREA') + types.size('_SUBSECTION'));
  const segment = pool.allocate('MmSm', types.size('_SEGMENT'), true);
  const file = guest.file(path);
  memory.set(segment, '_SEGMENT', { ControlArea: area, TotalNumberOfPtes: pages, SizeOfSegment: pages * PAGE });
  // The lowest bits of a counted reference hold the count.
  memory.set(area, '_CONTROL_AREA', { Segment: segment, 'FilePointer.Value': file | 7n });
  memory.setKnown(area, '_CONTROL_AREA', { 'u.Flags.File': 1, 'u.Flags.Image': isImage ? 1 : 0 });
  memory.set(area + BigInt(types.size('_CONTROL_AREA')), '_SUBSECTION', { ControlArea: area, PtesInSubsection: pages });
  const pointers = pool.allocate('MmSo', types.size('_SECTION_OBJECT_POINTERS'));
  memory.set(pointers, '_SECTION_OBJECT_POINTERS', { [isImage ? 'ImageSectionObject' : 'DataSectionObject']: area });
  memory.set(file, '_FILE_OBJECT', { SectionObjectPointer: pointers });
  return area;
}

/** Links the nodes from `from` to `to` as a balanced tree; the address of its root. */
function balance({ memory }: NtGuest, nodes: readonly bigint[], from: number, to: number, isTable: boolean): bigint {
  const guest = { memory } as NtGuest;
  if (from >= to) return 0n;
  const middle = (from + to) >> 1;
  const node = nodes[middle] as bigint;
  const left = balance(guest, nodes, from, middle, isTable);
  const right = balance(guest, nodes, middle + 1, to, isTable);
  if (isTable) memory.set(node, '_MMADDRESS_NODE', { LeftChild: left, RightChild: right });
  else memory.set(node, '_RTL_BALANCED_NODE', { Left: left, Right: right });
  for (const child of [left, right]) {
    if (child !== 0n)
      memory.set(
        child,
        isTable ? '_MMADDRESS_NODE' : '_RTL_BALANCED_NODE',
        isTable ? { 'u1.Parent': node } : { ParentValue: node },
      );
  }
  return node;
}

/** Writes the environment block with all that hangs on it. Its address. */
export function writeEnvironment(guest: NtGuest, space: NtSpace, truth: NtProcessTruth): bigint {
  const { memory, types } = guest;
  const writer = new UserHeap(guest, space, PARAMETERS);
  const parameters = writer.take(types.size('_RTL_USER_PROCESS_PARAMETERS'));
  memory.set(parameters, '_RTL_USER_PROCESS_PARAMETERS', { Flags: 1, Length: 0x440, MaximumLength: 0x440 }, space);
  const texts: Readonly<Record<string, string>> = {
    'CurrentDirectory.DosPath': truth.currentDirectory ?? '',
    ImagePathName: truth.image ?? '',
    CommandLine: truth.commandLine ?? '',
    WindowTitle: truth.image ?? '',
    DesktopInfo: 'Winsta0\\Default',
  };
  for (const [path, text] of Object.entries(texts))
    writer.unicode(parameters, '_RTL_USER_PROCESS_PARAMETERS', path, text);
  const variables = Buffer.from(`${(truth.environment ?? []).map((one) => `${one}\0`).join('')}\0`, 'utf16le');
  const environment = writer.take(variables.length);
  memory.write(environment, variables, space);
  memory.set(parameters, '_RTL_USER_PROCESS_PARAMETERS', { Environment: environment }, space);
  memory.setKnown(parameters, '_RTL_USER_PROCESS_PARAMETERS', { EnvironmentSize: variables.length }, space);
  const heap = new UserHeap(guest, space, PEB);
  const peb = heap.take(types.size('_PEB'));
  memory.set(
    peb,
    '_PEB',
    {
      ImageBaseAddress: truth.dlls?.[0]?.base ?? 0n,
      ProcessParameters: parameters,
      Ldr: loaderData(guest, space, heap, truth.dlls ?? []),
      SessionId: truth.session ?? 0,
      NumberOfProcessors: 2,
      OSBuildNumber: types.buildNumber,
    },
    space,
  );
  return peb;
}

const LISTS = ['InLoadOrder', 'InMemoryOrder', 'InInitializationOrder'] as const;

function loaderData(guest: NtGuest, space: NtSpace, heap: UserHeap, dlls: readonly DllTruth[]): bigint {
  const { memory, types } = guest;
  const struct = '_LDR_DATA_TABLE_ENTRY';
  const loader = heap.take(types.size('_PEB_LDR_DATA'));
  memory.set(loader, '_PEB_LDR_DATA', { Length: types.size('_PEB_LDR_DATA'), Initialized: 1 }, space);
  const listed: bigint[] = [];
  for (const { path, base, size, loaded, unlinked, inside } of dlls) {
    const name = path.slice(path.lastIndexOf('\\') + 1);
    const parts = peParts({ name, base, size, timestamp: 0x6000_0000, isDll: name.endsWith('.dll'), ...inside });
    for (const { rva, bytes } of parts) memory.write(base + BigInt(rva), bytes, space, { writable: false });
    const record = heap.take(types.size(struct));
    memory.set(record, struct, { DllBase: base, EntryPoint: base + 0x1000n, SizeOfImage: size, Flags: 0x22cc }, space);
    memory.setKnown(record, struct, { 'LoadTime.QuadPart': ntTime(loaded), TimeDateStamp: 0x6000_0000 }, space);
    heap.unicode(record, struct, 'FullDllName', path);
    heap.unicode(record, struct, 'BaseDllName', name);
    if (unlinked !== true) listed.push(record);
  }
  for (const list of LISTS) {
    // The program itself is never initialized as a library.
    const members = list === 'InInitializationOrder' ? listed.slice(1) : listed;
    const entries = members.map((record) => memory.at(record, struct, `${list}Links`));
    memory.ring([memory.at(loader, '_PEB_LDR_DATA', `${list}ModuleList`), ...entries], space);
  }
  return loader;
}

/** Places structures one behind the other in a process's memory. */
class UserHeap {
  readonly #guest: NtGuest;
  readonly #space: NtSpace;
  #next: bigint;

  constructor(guest: NtGuest, space: NtSpace, start: bigint) {
    this.#guest = guest;
    this.#space = space;
    this.#next = start;
  }

  take(length: number): bigint {
    const at = this.#next;
    this.#next += BigInt(Math.ceil(length / 16) * 16);
    return at;
  }

  unicode(address: bigint, struct: string, path: string, text: string): void {
    const bytes = Buffer.from(`${text}\0`, 'utf16le');
    const buffer = this.take(bytes.length);
    const { memory } = this.#guest;
    memory.write(buffer, bytes, this.#space);
    const value = { Length: bytes.length - 2, MaximumLength: bytes.length, Buffer: buffer };
    const prefixed = Object.entries(value).map(([member, number]) => [`${path}.${member}`, number]);
    memory.set(address, struct, Object.fromEntries(prefixed), this.#space);
  }
}
