/**
 * BPF programs and maps, by the numbers that bpftool shows.
 *
 * Source: include/linux/bpf.h, kernel/bpf/syscall.c (prog_idr, map_idr: since 4.13), include/uapi/linux/bpf.h.
 */
import type { StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import { xarrayEntries } from './xarray.js';

/** Name of a constant of `enum type` without its prefix, lower case; the number where the profile lacks the enum. */
export function bpfTypeName(kernel: LinuxKernel, type: 'bpf_prog_type' | 'bpf_map_type', value: number | undefined) {
  if (value === undefined) return undefined;
  const prefix = `${type.toUpperCase()}_`;
  for (const [name, constant] of kernel.profile.types.enum(type)?.constants ?? []) {
    if (constant === BigInt(value)) return name.replace(prefix, '').toLowerCase();
  }
  return `${value}`;
}

/** The loaded programs. */
export function bpfPrograms(kernel: LinuxKernel): Generator<StructView> {
  return idrEntries(kernel, 'prog_idr', 'bpf_prog');
}

export function bpfMaps(kernel: LinuxKernel): Generator<StructView> {
  return idrEntries(kernel, 'map_idr', 'bpf_map');
}

function* idrEntries(kernel: LinuxKernel, symbol: string, type: string): Generator<StructView> {
  const idr = kernel.global(symbol, 'idr');
  for (const { entry } of xarrayEntries(kernel, idr.addressOf('idr_rt'))) yield kernel.struct(type, entry);
}
