/**
 * Whether types fit a kernel in memory: they do when they lead to its System process, with process id 4, its name, links
 * that lead back, and page tables that map the kernel.
 *
 * The proof that a profile may be used, whoever says so; it reads a handful of members and no lists.
 */
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { PAGING_MODES } from '../../memory/paging-modes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import type { SymbolSource, TypeSource } from '../types.js';
import { KernelReader } from './kernel-reader.js';
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
  const reader = new KernelReader(space, types);
  const variable = symbols.address('PsInitialSystemProcess');
  const process = variable && reader.pointer(variable);
  if (process === undefined || process === 0n) return undefined;
  if (reader.value('_EPROCESS', process, 'UniqueProcessId') !== SYSTEM_PID) return undefined;
  const name = reader.at('_EPROCESS', process, 'ImageFileName');
  if (name === undefined || reader.text(name, 7) !== 'System') return undefined;
  const links = reader.at('_EPROCESS', process, 'ActiveProcessLinks');
  const next = links && reader.pointer(links);
  if (next === undefined || reader.pointer(next + BigInt(space.pointerSize)) !== links) return undefined;
  const tables = reader.at('_EPROCESS', process, 'Pcb.DirectoryTableBase');
  const root = tables && reader.pointer(tables);
  if (root === undefined || root === 0n) return undefined;
  const own = new PagedAddressSpace('kernel', memory, mode, Number(root & 0x000f_ffff_ffff_ffffn));
  return own.view(location.base, 2) === undefined ? undefined : { process, dtb: own.root };
}
