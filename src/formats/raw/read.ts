/**
 * Raw images: the byte at file offset n is the byte at physical address n. What everything unrecognised is taken for.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { UserError } from '../../core/errors.js';
import type { MemoryFormat } from '../format.js';

export const rawFormat: MemoryFormat = {
  name: 'raw',
  detect: () => true,
  open(source) {
    if (source.size < PAGE_SIZE)
      throw new UserError(
        `${source.name}: is too small to be a memory image (${source.size} bytes)`,
        'check that the acquisition finished',
      );
    return {
      format: 'raw',
      ranges: [{ start: 0, end: source.size }],
      read: (address, target) => source.read(address, target),
    };
  },
};
