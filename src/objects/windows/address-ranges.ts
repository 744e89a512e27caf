/**
 * The address ranges of a process: NT's tree of VADs, and what ReactOS keeps in the same tree.
 * Source: _MMVAD, _MM_AVL_TABLE and _RTL_AVL_TREE in Microsoft's public symbols; ReactOS ntoskrnl/mm/marea.c.
 */
import type { StructView } from '../struct-view.js';
import { fileName } from './file-name.js';
import type { WindowsKernel } from './kernel.js';
import { pageProtection, vadProtection } from './protections.js';

export interface AddressRange {
  readonly start: bigint;
  /** Exclusive. */
  readonly end: bigint;
  readonly protection: string | undefined;
  /** private, mapped, image, … */
  readonly kind: string;
  readonly path: string | undefined;
  readonly committed: number | undefined;
  readonly offset: bigint;
}

/** More ranges than a process has; a walk that reaches it is damage. */
const MAX_RANGES = 1_000_000;
const PAGE_SHIFT = 12n;

/** The ranges of a process, ascending. */
export function* addressRanges(kernel: WindowsKernel, process: StructView): Generator<AddressRange> {
  for (const node of vadNodes(kernel, process)) yield describe(kernel, node);
}

/** The nodes of the tree in order of their addresses, as _MMVAD. */
function* vadNodes(kernel: WindowsKernel, process: StructView): Generator<StructView> {
  // Until 6.2 the root hangs to the right of a sentinel inside the table.
  const isTable = process.has('VadRoot.BalancedRoot');
  const node = (address: bigint) => kernel.struct(isTable ? '_MMADDRESS_NODE' : '_RTL_BALANCED_NODE', address);
  const [left, right] = isTable ? ['LeftChild', 'RightChild'] : ['Left', 'Right'];
  const seen = new Set<bigint>();
  const path: bigint[] = [];
  let at = process.ptr(isTable ? 'VadRoot.BalancedRoot.RightChild' : 'VadRoot.Root') ?? 0n;
  while (at !== 0n || path.length > 0) {
    while (at !== 0n) {
      if (seen.has(at) || seen.size >= MAX_RANGES) {
        kernel.faults.note(at, 'cycle in a tree of address ranges');
        at = 0n;
        break;
      }
      seen.add(at);
      path.push(at);
      at = node(at).ptr(left as string) ?? 0n;
    }
    const current = path.pop();
    if (current === undefined) return;
    at = node(current).ptr(right as string) ?? 0n;
    yield kernel.struct('_MMVAD', current);
  }
}

function describe(kernel: WindowsKernel, vad: StructView): AddressRange {
  const start = pageNumber(vad, 'StartingVpn');
  const end = pageNumber(vad, 'EndingVpn');
  const place = { start: start << PAGE_SHIFT, end: (end + 1n) << PAGE_SHIFT, offset: vad.address };
  if (isReactOSArea(kernel, vad)) return { ...place, ...reactOSArea(kernel, vad) };
  const flags = vad.at(vad.has('Core.u.VadFlags') ? 'Core.u.VadFlags' : 'u.VadFlags');
  const isPrivate = flags.num('PrivateMemory') === 1;
  const protection = flags.num('Protection');
  return {
    ...place,
    protection: protection === undefined ? undefined : vadProtection(protection),
    kind: isPrivate ? 'private' : (VAD_KINDS[flags.num('VadType') ?? 0] ?? 'mapped'),
    path: isPrivate ? undefined : mappedFile(kernel, vad),
    committed: flags.has('CommitCharge') ? flags.num('CommitCharge') : undefined,
  };
}

/** _MI_VAD_TYPE. */
const VAD_KINDS = [
  'mapped',
  'physical',
  'image',
  'awe',
  'write watch',
  'large pages',
  'rotate',
  'large section',
] as const;

/** A page number that may be wider than one member: amd64 has its upper bits in a byte of its own since 6.3. */
function pageNumber(vad: StructView, name: 'StartingVpn' | 'EndingVpn'): bigint {
  const low = vad.big(name) ?? 0n;
  const high = `Core.${name}High`;
  return vad.has(high) ? low | ((vad.big(high) ?? 0n) << 32n) : low;
}

function mappedFile(kernel: WindowsKernel, vad: StructView): string | undefined {
  // Short nodes end before these members; what lies there instead leads nowhere that has a file.
  const area = vad.has('Subsection') ? vad.follow('Subsection')?.follow('ControlArea') : vad.follow('ControlArea');
  const pointer = area?.has('FilePointer.Object') ? area.ptr('FilePointer.Object') : area?.ptr('FilePointer');
  // Counted references keep their counts in the lowest bits.
  const file = pointer === undefined ? 0n : pointer & ~0xfn;
  return file === 0n ? undefined : fileName(kernel, kernel.struct('_FILE_OBJECT', file));
}

/** ReactOS marks the nodes that are its own memory areas by VadFlags.Spare (marea.c, MmInsertMemoryArea). */
function isReactOSArea(kernel: WindowsKernel, vad: StructView): boolean {
  return kernel.isReactOS && (vad.num('u.VadFlags.Spare') ?? 0) !== 0;
}

/** MEMORY_AREA_SECTION_VIEW (ReactOS ntoskrnl/include/internal/mm.h). */
const SECTION_VIEW = 1;
/** SEC_IMAGE (winnt.h), of the section's AllocationAttributes. */
const IMAGE_SECTION = 0x100_0000;

function reactOSArea(kernel: WindowsKernel, node: StructView) {
  const area = node.containedIn('_MEMORY_AREA', 'VadNode');
  const isView = (area.num('Type') ?? 0) === SECTION_VIEW;
  const section = isView ? area.follow('Data.SectionData.Section') : undefined;
  const file = section?.follow('FileObject');
  const isImage = ((section?.num('AllocationAttributes') ?? 0) & IMAGE_SECTION) !== 0;
  return {
    protection: pageProtection(area.num('Protect')),
    kind: isImage ? 'image' : isView ? 'mapped' : 'private',
    path: file && fileName(kernel, file),
    committed: undefined,
  };
}
