/**
 * Whether types fit a kernel in memory: they do when they lead to its System process, with process id 4, its name, links
 * that lead back, and page tables that map the kernel.
 *
 * The proof that a profile may be used, whoever says so; it reads a handful of members and no lists.
 */
import { latin1Text, u32, u64 } from '../../core/bytes.js';
import type { AddressSpace } from '../../memory/address-space.js';
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { PAGING_MODES } from '../../memory/paging-modes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import type { SymbolSource, TypeSource } from '../types.js';
import type { WindowsKernelLocation } from './location.js';

export interface LiveSystem {
  /** Address of the System process's `_EPROCESS`. */
  readonly process: bigint;
  /** Physical address of its page tables, which outlive those of all others. */
  readonly dtb: number;
}

const SYSTEM_PID = 4n;

/** The System process as `types` describe it; undefined when they don't fit, or too much of it is missing. */
export function liveSystem(
  memory: PhysicalMemory,
  location: WindowsKernelLocation,
  types: TypeSource,
  symbols: SymbolSource,
): LiveSystem | undefined {
  const mode = PAGING_MODES[location.paging];
  const space = new PagedAddressSpace('kernel', memory, mode, location.dtb);
  const variable = symbols.address('PsInitialSystemProcess');
  const process = variable && pointerAt(space, variable);
  if (process === undefined || process === 0n) return undefined;
  const at = (path: string): bigint | undefined => {
    const field = types.struct('_EPROCESS')?.fields.get(path);
    return field && process + BigInt(field.offset);
  };
  const valueAt = (path: string) => {
    const address = at(path);
    return address === undefined ? undefined : pointerAt(space, address);
  };
  if (valueAt('UniqueProcessId') !== SYSTEM_PID) return undefined;
  const name = at('ImageFileName');
  const bytes = name === undefined ? undefined : space.view(name, 7);
  if (bytes === undefined || latin1Text(bytes) !== 'System') return undefined;
  const links = at('ActiveProcessLinks');
  const next = valueAt('ActiveProcessLinks');
  if (links === undefined || next === undefined) return undefined;
  if (pointerAt(space, next + BigInt(space.pointerSize)) !== links) return undefined;
  const tables = types.struct('_KPROCESS')?.fields.get('DirectoryTableBase');
  const root = tables && pointerAt(space, process + BigInt(tables.offset));
  if (root === undefined || root === 0n) return undefined;
  const own = new PagedAddressSpace('kernel', memory, mode, Number(root & 0x000f_ffff_ffff_ffffn));
  return own.view(location.base, 2) === undefined ? undefined : { process, dtb: own.root };
}

function pointerAt(space: AddressSpace, address: bigint): bigint | undefined {
  const bytes = space.view(address, space.pointerSize);
  return bytes && (space.pointerSize === 8 ? u64(bytes, 0) : BigInt(u32(bytes, 0)));
}
