/**
 * Raw images: the byte at file offset n is the byte at physical address n. What everything unrecognised is taken for.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { UserError } from '../../core/errors.js';
import type { MemoryFormat } from '../format.js';

/** Machines of VMware have a hole for devices from here to 4 GiB, which their memory file does not. */
const VMWARE_HOLE = 3 * 2 ** 30;

function notesOn(name: string, size: number): string[] {
  if (size <= VMWARE_HOLE || !/\.vmem\b/i.test(name)) return [];
  return ['memory of VMware without its .vmss or .vmsn beside it: what lies above 3 GiB is at wrong addresses'];
}

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
      notes: notesOn(source.name, source.size),
    };
  },
};
