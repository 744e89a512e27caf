/**
 * The machine state that savevm left in a qcow2 disk image, as a file of its own: what is inside is a migration stream.
 * The disk's contents are not looked at.
 */
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import type { Container, OpenOptions } from '../format.js';
import { extentSource, rebuiltLimit } from '../image/extent-source.js';
import { type Extent, ExtentList } from '../image/extents.js';
import { STREAM_MAGIC, streamHeader } from '../qemu-migration/layout.js';
import { readBytes } from '../sources/read-bytes.js';
import type { LayoutValue } from '../struct-layout.js';
import { CLUSTER_BITS, EXTENDED_L2, entryBits, QCOW2_MAGIC, qcow2Header } from './layout.js';
import { type Qcow2Snapshot, readSnapshots } from './snapshots.js';

type Header = LayoutValue<typeof qcow2Header>;

function u64At(bytes: Uint8Array, index: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(index * 8);
}

/** File offset that an L1 or L2 entry points at; 0 for none. */
function pointer(entry: bigint): number {
  return Number(entry & entryBits.offset);
}

/** Extents of the machine state, which lies behind the disk in the snapshot's address space. */
function stateExtents(source: ByteSource, header: Header, snapshot: Qcow2Snapshot): Extent[] {
  const cluster = 2 ** header.clusterBits;
  const words = header.version >= 3 && (header.incompatibleFeatures & EXTENDED_L2) !== 0n ? 2 : 1;
  const entries = cluster / 8 / words;
  const first = Math.ceil(snapshot.diskSize / (cluster * entries));
  const tables = Math.min(Math.ceil(snapshot.stateSize / (cluster * entries)), snapshot.l1Size - first);
  const l1 = readBytes(source, snapshot.l1Offset + first * 8, Math.max(tables, 0) * 8);
  // Each table is a cluster of its own, so a sound image has fewer than this.
  const count = Math.min(Math.floor(l1.length / 8), Math.ceil(source.size / cluster));

  const out = new ExtentList();
  for (let table = 0; table < count; table++) {
    const tableOffset = pointer(u64At(l1, table));
    const l2 = readBytes(source, tableOffset, tableOffset > 0 ? cluster : 0);
    for (let i = 0; (i + 1) * 8 * words <= l2.length; i++) {
      const entry = u64At(l2, i * words);
      const start = (table * entries + i) * cluster;
      const length = Math.min(cluster, snapshot.stateSize - start);
      const isStored = (entry & (entryBits.compressed | entryBits.zero)) === 0n && pointer(entry) > 0;
      if (isStored && length > 0) out.push(start, length, pointer(entry));
    }
  }
  return out.all();
}

function choose(source: ByteSource, snapshots: readonly Qcow2Snapshot[], options: OpenOptions): Qcow2Snapshot {
  const withState = snapshots.filter((snapshot) => snapshot.stateSize > 0);
  const newest = withState.at(-1);
  if (!newest)
    throw new UserError(
      `${source.name}: a disk image without a snapshot of a running machine`,
      'name a memory image, or a disk image with a snapshot made by savevm',
    );
  if (options.snapshot === undefined) return newest;
  const named = withState.find(({ name, id }) => name === options.snapshot || id === options.snapshot);
  if (named) return named;
  const known = withState.map(({ name }) => name).join(', ');
  throw new UserError(`${source.name}: no snapshot ${options.snapshot}`, `use one of ${known}`);
}

export const qcow2Container: Container = {
  name: 'qcow2',
  detect: (head) => qcow2Header.decode(head)?.magic === QCOW2_MAGIC,
  open(source, { options }) {
    const header = qcow2Header.decode(readBytes(source, 0, qcow2Header.size));
    if (!header || header.clusterBits < CLUSTER_BITS.least || header.clusterBits > CLUSTER_BITS.most)
      throw new UserError(`${source.name}: a qcow2 disk image whose header is damaged`, 'try a copy that is whole');
    if (header.cryptMethod !== 0)
      throw new UserError(`${source.name}: an encrypted disk image`, 'decrypt it with qemu-img convert');
    const snapshots = readSnapshots(source, header);
    const snapshot = choose(source, snapshots, options);
    const name = `${source.name} (snapshot ${snapshot.name})`;
    const size = Math.min(snapshot.stateSize, rebuiltLimit(source));
    const state = extentSource(source, stateExtents(source, header, snapshot), name, size);
    if (streamHeader.decode(readBytes(state, 0, streamHeader.size))?.magic !== STREAM_MAGIC)
      throw new UserError(`${name}: holds no machine state`, 'name another snapshot, or try a copy that is whole');
    const others = snapshots.filter((one) => one.stateSize > 0 && one !== snapshot);
    return {
      source: state,
      notes: others.length > 0 ? [`read snapshot ${snapshot.name}; there are ${others.length} more`] : [],
    };
  },
};
