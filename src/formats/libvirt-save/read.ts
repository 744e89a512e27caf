/**
 * The migration stream inside a file saved by libvirt; compressed ones are the next layer.
 */
import { UserError } from '../../core/errors.js';
import type { Container } from '../format.js';
import { extentSource } from '../image/extent-source.js';
import { readBytes } from '../sources/read-bytes.js';
import { LIBVIRT_SAVE_MAGIC, libvirtSaveHeader } from './layout.js';

export const libvirtSaveContainer: Container = {
  name: 'libvirt save',
  detect: (head) => libvirtSaveHeader.decode(head)?.magic === LIBVIRT_SAVE_MAGIC,
  open(source) {
    const header = libvirtSaveHeader.decode(readBytes(source, 0, libvirtSaveHeader.size));
    const offset = libvirtSaveHeader.size + (header?.dataSize ?? 0);
    const length = source.size - offset;
    if (length <= 0)
      throw new UserError(`${source.name}: a libvirt save file without a machine in it`, 'try a copy that is whole');
    return { source: extentSource(source, [{ start: 0, length, offset }], source.name, length) };
  },
};
