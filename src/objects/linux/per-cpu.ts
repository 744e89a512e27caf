/** Per-processor variables: where each processor's copy lies. */
import { u32 } from '../../core/bytes.js';
import { readPointer } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';

/** CONFIG_NR_CPUS of the largest distribution kernels. */
const MAX_PROCESSORS = 8192;

/**
 * The addresses of a per-processor variable, one for each processor that the kernel has set up. `address` is what the
 * symbol or a `__percpu` pointer holds. Without the table of offsets (not an SMP kernel) the address itself.
 */
export function perCpuAddresses(kernel: LinuxKernel, address: bigint): bigint[] {
  const table = kernel.address('__per_cpu_offset');
  const count = kernel.address('nr_cpu_ids');
  if (table === undefined || count === undefined) return [address];
  const processors = kernel.space.view(count, 4);
  const limit = processors === undefined ? 1 : u32(processors, 0);
  const addresses: bigint[] = [];
  for (let index = 0; index < Math.min(limit, MAX_PROCESSORS); index++) {
    const offset = readPointer(kernel, table + BigInt(index * kernel.space.pointerSize));
    if (offset === undefined) break;
    addresses.push(BigInt.asUintN(kernel.space.pointerSize * 8, address + offset));
  }
  return addresses;
}
