/**
 * The header that libvirt puts before a migration stream (virsh save, managedsave, snapshots with external memory).
 * Source: libvirt src/qemu/qemu_saveimage.h (`virQEMUSaveHeader`); little-endian on x86 hosts.
 */
import { pad, struct, text, u32 } from '../struct-layout.js';

export const LIBVIRT_SAVE_MAGIC = 'LibvirtQemudSave';

/** `dataSize` bytes of domain XML and cookie follow, then the stream, compressed or not. */
export const libvirtSaveHeader = struct({
  magic: text(16),
  version: u32,
  dataSize: u32,
  wasRunning: u32,
  compression: u32,
  cookieOffset: u32,
  _unused: pad(14 * 4),
});
