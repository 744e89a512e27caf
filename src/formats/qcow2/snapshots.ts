/**
 * The list of snapshots in a qcow2 image.
 */
import { utf8Text } from '../../core/bytes.js';
import type { ByteSource } from '../byte-source.js';
import { readBytes } from '../sources/read-bytes.js';
import type { LayoutValue } from '../struct-layout.js';
import { type qcow2Header, SNAPSHOT_ALIGN, snapshotEntry, snapshotExtra } from './layout.js';

export interface Qcow2Snapshot {
  readonly id: string;
  readonly name: string;
  /** File offset and number of entries of its own L1 table. */
  readonly l1Offset: number;
  readonly l1Size: number;
  /** Bytes of machine state; 0 for a snapshot of the disk alone. */
  readonly stateSize: number;
  /** Bytes of the disk when it was taken; machine state lies behind them. */
  readonly diskSize: number;
}

/** QEMU's own limits (block/qcow2.h). */
const MAX_SNAPSHOTS = 65536;
const MAX_EXTRA = 1024;
const MAX_LABEL = 100;

/** Names are free text; they reach messages, and thereby terminals. */
function label(bytes: Uint8Array): string {
  return utf8Text(bytes)
    .slice(0, MAX_LABEL)
    .replace(/\p{Cc}/gu, '?');
}

/** In the order of the table, which is that of their making; ends early where the table is damaged. */
export function readSnapshots(source: ByteSource, header: LayoutValue<typeof qcow2Header>): Qcow2Snapshot[] {
  const snapshots: Qcow2Snapshot[] = [];
  let at = header.snapshotsOffset;
  for (let i = 0; i < Math.min(header.snapshotCount, MAX_SNAPSHOTS); i++) {
    const entry = snapshotEntry.decode(readBytes(source, at, snapshotEntry.size));
    if (!entry || entry.extraSize > MAX_EXTRA) break;
    at += snapshotEntry.size;
    const extra = snapshotExtra.decode(readBytes(source, at, Math.min(entry.extraSize, snapshotExtra.size)));
    at += entry.extraSize;
    snapshots.push({
      id: label(readBytes(source, at, entry.idSize)),
      name: label(readBytes(source, at + entry.idSize, entry.nameSize)),
      l1Offset: entry.l1Offset,
      l1Size: entry.l1Size,
      stateSize: extra?.stateSize || entry.stateSize32,
      diskSize: extra?.diskSize ?? header.size,
    });
    at = Math.ceil((at + entry.idSize + entry.nameSize) / SNAPSHOT_ALIGN) * SNAPSHOT_ALIGN;
  }
  return snapshots;
}
