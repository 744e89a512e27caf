/**
 * Opens machines of VMware: the memory file (.vmem), where a state file lies beside it that says where its pages belong; or
 * the state file itself (.vmss, .vmsn), with memory inside of it or beside it.
 *
 * A memory file without a state file is a raw image: right as long as the machine has no more memory than fits below the
 * hole for devices.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import type { MemoryFormat } from '../format.js';
import { extentReader } from '../image/extent-reader.js';
import { type Extent, MAX_ADDRESS, orderExtents } from '../image/extents.js';
import type { ImageParts } from '../image/image-memory.js';
import { rangesOf } from '../image/ranges.js';
import { isState, openMemoryFile, openState } from './companion.js';
import { type MachineState, readMachineState } from './machine-state.js';

const NAME = 'VMware';

/** A state file. */
export const vmwareStateFormat: MemoryFormat = {
  name: 'vmware',
  detect: (head) => isState(head),
  open(source, { path }) {
    const state = readMachineState(source);
    const inside = state.memory;
    if (inside?.isPacked) {
      throw new UserError(
        `${source.name}: the memory in this state of a VMware machine is compressed`,
        'take a snapshot of a machine whose memory is in a file of its own (.vmem)',
      );
    }
    if (inside !== undefined)
      return parts(source, state, inside.offset, Math.min(inside.size, source.size - inside.offset));
    const memory = openMemoryFile(path);
    return { ...parts(memory, state, 0, memory.size), close: () => memory.close() };
  },
};

/** A memory file with a state file beside it. */
export const vmwareMemoryFormat: MemoryFormat = {
  name: 'vmem',
  detect(_head, source) {
    const state = openState(source.name);
    state?.close();
    return state !== undefined;
  },
  open(source, { path }) {
    const state = openState(path);
    if (state === undefined) {
      throw new UserError(`${source.name}: there is no .vmss or .vmsn of a VMware machine beside it`, 'open it as raw');
    }
    try {
      return parts(source, readMachineState(state), 0, source.size);
    } finally {
      state.close();
    }
  },
};

/** @param start where memory begins in `source`, @param size how many bytes of it there are */
function parts(source: ByteSource, { regions, registers }: MachineState, start: number, size: number): ImageParts {
  const notes: string[] = [];
  const extents: Extent[] = [];
  let missing = 0;
  for (const { filePage, frame, pages } of regions) {
    const offset = filePage * PAGE_SIZE;
    const length = pages * PAGE_SIZE;
    if (frame * PAGE_SIZE + length > MAX_ADDRESS) continue;
    const there = Math.max(0, Math.min(length, size - offset));
    missing += length - there;
    if (there > 0) extents.push({ start: frame * PAGE_SIZE, length: there, offset: start + offset });
  }
  if (regions.length === 0 && size > 0) extents.push({ start: 0, length: size, offset: start });
  if (missing > 0) notes.push(`the file is truncated: ${missing} bytes of memory are missing`);
  const ordered = orderExtents(extents, 'first');
  if (ordered.length === 0)
    throw new UserError(`${source.name}: has no memory in it`, 'check that the files are whole and of one machine');
  return { format: NAME, ranges: rangesOf(ordered), read: extentReader(source, ordered), registers, notes };
}
