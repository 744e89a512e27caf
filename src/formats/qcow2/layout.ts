/**
 * qcow2 disk images, as far as a snapshot's machine state is concerned. Big-endian.
 * Source: QEMU docs/interop/qcow2.rst.
 */
import { pad, struct, u16, u32, u64, u64n } from '../struct-layout.js';

/** "QFI\xfb" */
export const QCOW2_MAGIC = 0x514649fb;

export const qcow2Header = struct(
  {
    magic: u32,
    version: u32,
    _backingFile: pad(12),
    clusterBits: u32,
    size: u64n,
    cryptMethod: u32,
    _l1: pad(12),
    _refcounts: pad(12),
    snapshotCount: u32,
    snapshotsOffset: u64n,
    /** Version 3; in version 2 the header ends before it. */
    incompatibleFeatures: u64,
  },
  'big',
);

/** Cluster sizes that the specification allows, as powers of two. */
export const CLUSTER_BITS = { least: 9, most: 21 } as const;
/** Bit of `incompatibleFeatures`: L2 entries are 16 bytes long. */
export const EXTENDED_L2 = 1n << 4n;

/** Then: extra data, id, name; the next entry begins at a multiple of 8. */
export const snapshotEntry = struct(
  {
    l1Offset: u64n,
    l1Size: u32,
    idSize: u16,
    nameSize: u16,
    _date: pad(8),
    _clock: pad(8),
    stateSize32: u32,
    extraSize: u32,
  },
  'big',
);
export const SNAPSHOT_ALIGN = 8;

/** Extra data of version 3 and of newer version 2 images. */
export const snapshotExtra = struct({ stateSize: u64n, diskSize: u64n }, 'big');

/** Bits of L1 and L2 entries. */
export const entryBits = { offset: 0x00ff_ffff_ffff_fe00n, compressed: 1n << 62n, zero: 1n } as const;
