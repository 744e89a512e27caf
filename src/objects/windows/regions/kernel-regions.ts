/**
 * What the kernel uses which part of its address space for: as the kernel itself keeps it, else as its version lays it out.
 *
 * Source: Microsoft's public symbols (MiVisibleState, MiSystemVaType and their types). The regions of _MI_VISIBLE_STATE are
 * numbered by _MI_ASSIGNED_REGION_TYPES, of which there are as many; the array of types of amd64 has one for each entry of the
 * upper half of the top page table, that of x86 one for each large page.
 */
import { PAGING_MODES } from '../../../memory/paging-modes.js';
import type { StructView } from '../../struct-view.js';
import type { WindowsKernel } from '../kernel.js';
import { fixedRegions } from './fixed-regions.js';

export interface KernelRegion {
  /** `NonPagedPool`; undefined where the kernel's number has no known name. */
  readonly name: string | undefined;
  readonly start: bigint;
  readonly end: bigint;
  readonly told: 'by the kernel' | 'by its version';
}

/** Ascending. Undefined when neither the kernel's own record nor its version's layout is known. */
export function kernelRegions(kernel: WindowsKernel): KernelRegion[] | undefined {
  const found = assignedRegions(kernel) ?? typedRegions(kernel) ?? versionRegions(kernel);
  return found?.sort((a, b) => (a.start < b.start ? -1 : 1));
}

/** The record of the memory manager's state that debuggers may see; undefined where there is none or its type is not known. */
function visibleState(kernel: WindowsKernel): StructView | undefined {
  if (kernel.profile.types.struct('_MI_VISIBLE_STATE') === undefined) return undefined;
  const address = kernel.globalPointer('MiVisibleState');
  return address === undefined || address === 0n ? undefined : kernel.struct('_MI_VISIBLE_STATE', address);
}

function assignedRegions(kernel: WindowsKernel): KernelRegion[] | undefined {
  const state = visibleState(kernel);
  if (state === undefined || !state.has('SystemVaRegions')) return undefined;
  const { type } = state.field('SystemVaRegions');
  const names = enumNames(kernel, '_MI_ASSIGNED_REGION_TYPES', 'AssignedRegion');
  const first = state.at('SystemVaRegions');
  const count = type.kind === 'array' ? type.count : 0;
  return Array.from({ length: count }, (_, index) => first.sibling(index)).flatMap((entry, index): KernelRegion[] => {
    const start = entry.ptr('BaseAddress');
    const size = entry.big('NumberOfBytes');
    if (start === undefined || size === undefined || start === 0n || size === 0n) return [];
    return [{ name: names.get(BigInt(index)), start, end: start + size, told: 'by the kernel' }];
  });
}

/** One byte for each piece of kernel space: what it is used for. Neighbours of the same kind are one region. */
function typedRegions(kernel: WindowsKernel): KernelRegion[] | undefined {
  const state = visibleState(kernel);
  const types = state?.has('SystemVaType') ? state.addressOf('SystemVaType') : kernel.address('MiSystemVaType');
  if (types === undefined) return undefined;
  const { start, end, piece } = pieces(kernel);
  const count = Number((end - start) / piece);
  const bytes = new Uint8Array(count);
  const readable = kernel.space.read(types, bytes);
  if (readable < count) kernel.faults.note(types + BigInt(readable), kernel.space.name);
  const names = enumNames(kernel, '_MI_SYSTEM_VA_TYPE', 'MiVa');
  const regions: KernelRegion[] = [];
  for (let index = 0; index < readable; ) {
    const kind = bytes[index] as number;
    const from = index;
    while (index < readable && bytes[index] === kind) index++;
    if (kind === UNUSED) continue;
    const at = (place: number) => start + BigInt(place) * piece;
    regions.push({ name: names.get(BigInt(kind)), start: at(from), end: at(index), told: 'by the kernel' });
  }
  return regions;
}

/** MiVaUnused */
const UNUSED = 0;

/** Where kernel space begins and ends, and how much of it one entry stands for. */
function pieces(kernel: WindowsKernel) {
  const { levels } = PAGING_MODES[kernel.location.paging];
  if (kernel.is64Bit) {
    const piece = 1n << BigInt(levels[0].shift);
    return { start: -(piece << BigInt(levels[0].bits - 1)) & 0xffff_ffff_ffff_ffffn, end: 1n << 64n, piece };
  }
  const start = kernel.globalPointer('MmSystemRangeStart') ?? 0x8000_0000n;
  return { start, end: 1n << 32n, piece: 1n << BigInt(levels.at(-2)?.shift ?? 22) };
}

function versionRegions(kernel: WindowsKernel): KernelRegion[] | undefined {
  return fixedRegions(kernel.location.paging, kernel.buildNumber)?.map((region) => ({
    ...region,
    told: 'by its version',
  }));
}

/** Names by number, without what they all begin with. */
function enumNames(kernel: WindowsKernel, name: string, prefix: string): ReadonlyMap<bigint, string> {
  const constants = kernel.profile.types.enum(name)?.constants ?? new Map<string, bigint>();
  return new Map([...constants].map(([constant, value]) => [value, constant.replace(prefix, '')]));
}
