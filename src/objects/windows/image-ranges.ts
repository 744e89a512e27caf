/** The images that the memory manager has mapped in a process, one each. */
import type { StructView } from '../struct-view.js';
import { type AddressRange, addressRanges } from './address-ranges.js';
import type { WindowsKernel } from './kernel.js';

/** Ascending by address. ReactOS has one range for each section of an image, which are put together again. */
export function* imageRanges(kernel: WindowsKernel, process: StructView): Generator<AddressRange> {
  let image: AddressRange | undefined;
  for (const range of addressRanges(kernel, process)) {
    if (range.kind !== 'image') continue;
    const continues = kernel.isReactOS && image !== undefined && range.start === image.end && range.path === image.path;
    if (continues && image !== undefined) image = { ...image, end: range.end };
    else {
      if (image !== undefined) yield image;
      image = range;
    }
  }
  if (image !== undefined) yield image;
}
