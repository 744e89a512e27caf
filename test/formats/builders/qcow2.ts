/**
 * Builds qcow2 images with internal snapshots whose machine state is given, from QEMU's docs/interop/qcow2.rst.
 * The clusters of a state are scattered backwards through the file, and clusters of zeros are not stored.
 */
import { ByteWriter } from './byte-writer.js';

export interface Qcow2Options {
  readonly snapshots: readonly { readonly name: string; readonly state: Buffer }[];
  readonly clusterBits?: number;
  readonly diskSize?: number;
  readonly cryptMethod?: number;
  /** Bytes of extra data of each snapshot: 0 leaves the size to the 32-bit field. */
  readonly extra?: 0 | 16;
}

export function buildQcow2(options: Qcow2Options): Buffer {
  const { clusterBits = 12, diskSize = 2 ** 20, extra = 16 } = options;
  const cluster = 2 ** clusterBits;
  const entries = cluster / 8;
  const clusters: Buffer[] = [Buffer.alloc(cluster), Buffer.alloc(cluster)];
  const put = (bytes: Buffer): number => {
    const padded = Buffer.alloc(Math.ceil(bytes.length / cluster) * cluster);
    bytes.copy(padded);
    const at = clusters.reduce((sum, { length }) => sum + length, 0);
    clusters.push(padded);
    return at;
  };
  const table = new ByteWriter('big');
  for (const [i, { name, state }] of options.snapshots.entries()) {
    const first = Math.ceil(diskSize / (cluster * entries));
    const count = Math.ceil(state.length / cluster);
    const l2 = new Array<bigint>(Math.ceil(count / entries) * entries).fill(0n);
    for (let n = count - 1; n >= 0; n--) {
      const bytes = state.subarray(n * cluster, (n + 1) * cluster);
      if (bytes.some((byte) => byte !== 0)) l2[n] = BigInt(put(Buffer.from(bytes))) | (1n << 63n);
      else if (n % 2 === 0) l2[n] = 1n;
    }
    const l1 = new ByteWriter('big').zeros(first * 8);
    for (let n = 0; n < l2.length; n += entries)
      l1.u64(BigInt(put(new ByteWriter('big').u64(...l2.slice(n, n + entries)).done())) | (1n << 63n));
    const l1At = put(l1.done());
    const id = String(i + 1);
    table
      .u64(l1At)
      .u32(l1.length / 8)
      .u16(id.length, name.length)
      .zeros(16);
    table.u32(extra === 0 ? state.length : 0, extra);
    if (extra > 0) table.u64(state.length, diskSize);
    table.text(id).text(name).align(8);
  }
  const snapshotsAt = put(table.done());
  const header = new ByteWriter('big').text('QFI\xfb').u32(3).zeros(12).u32(clusterBits).u64(diskSize);
  header
    .u32(options.cryptMethod ?? 0)
    .zeros(24)
    .u32(options.snapshots.length)
    .u64(snapshotsAt)
    .zeros(32)
    .u32(4, 104);
  header.done().copy(clusters[0] as Buffer);
  return Buffer.concat(clusters);
}
