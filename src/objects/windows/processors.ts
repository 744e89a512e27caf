/**
 * The control regions of the processors: KPCR, and the KPRCB in it.
 * Source: _KPCR and _KPRCB in Microsoft's public symbols; ReactOS's NDK (ketypes.h). 5.x has that of its first processor at a
 * fixed address.
 */
import type { StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';

export interface Processor {
  /** The _KPCR. */
  readonly region: StructView;
  /** The _KPRCB. */
  readonly block: StructView;
}

/** No NT runs on more. */
const MAX_PROCESSORS = 2048;
const FIXED_REGION = 0xffdf_f000n;

/** The processors in the order of their numbers; none where nothing says where they are. */
export function* processors(kernel: WindowsKernel): Generator<Processor> {
  const table = kernel.address('KiProcessorBlock');
  if (table === undefined) {
    const region = kernel.is64Bit ? undefined : fixedRegion(kernel);
    const block = region?.follow('Prcb', '_KPRCB');
    if (region !== undefined && block !== undefined) yield { region, block };
    return;
  }
  for (const address of kernel.pointerArray(table, MAX_PROCESSORS)) {
    if (address === 0n) return;
    const block = kernel.struct('_KPRCB', address);
    yield { region: block.containedIn('_KPCR', kernel.is64Bit ? 'Prcb' : 'PrcbData'), block };
  }
}

function fixedRegion(kernel: WindowsKernel): StructView | undefined {
  const region = kernel.struct('_KPCR', FIXED_REGION);
  // Since 6.0 it may be anywhere; then nothing at this address points to itself.
  if (kernel.space.view(FIXED_REGION, region.size) === undefined) return undefined;
  return region.ptr('SelfPcr') === FIXED_REGION ? region : undefined;
}
