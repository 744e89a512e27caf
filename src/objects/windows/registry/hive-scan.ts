/** Finds hives by what they begin with, whether or not they are on the configuration manager's list. */
import { HIVE_SIGNATURE, MAPPED_HIVE_SIGNATURE } from '../../../formats/regf/layout.js';
import type { WindowsKernel } from '../kernel.js';
import { inKernelWindows } from '../kernel-windows.js';
import { MappedHive } from './mapped-hive.js';

/** The hives in kernel memory whose base block is one, ascending by address. What only looks alike is passed over. */
export function* scanHives(
  kernel: WindowsKernel,
  progress: (address: bigint) => void = () => {},
): Generator<MappedHive> {
  const offset = BigInt(kernel.struct('_CMHIVE', 0n).field('Hive.Signature').offset);
  const step = kernel.profile.pointerSize / 4;
  const signatures = inKernelWindows(kernel, ({ address, words }) => {
    progress(address);
    const places: bigint[] = [];
    for (let at = 0; at < words.length; at += step)
      if (words[at] === MAPPED_HIVE_SIGNATURE) places.push(address + BigInt(at * 4) - offset);
    return places.length === 0 ? undefined : places;
  });
  for (const places of signatures) {
    for (const place of places)
      if (isHive(kernel, place)) yield new MappedHive(kernel, kernel.struct('_CMHIVE', place));
  }
}

function isHive(kernel: WindowsKernel, address: bigint): boolean {
  const view = kernel.struct('_CMHIVE', address);
  // Looked at without the fault log: a candidate is no damage.
  if (kernel.space.view(address, view.size) === undefined) return false;
  const base = view.ptr('Hive.BaseBlock');
  if (base === undefined || base === 0n) return false;
  const head = kernel.space.view(base, 4);
  return head !== undefined && new DataView(head.buffer, head.byteOffset).getUint32(0, true) === HIVE_SIGNATURE;
}
