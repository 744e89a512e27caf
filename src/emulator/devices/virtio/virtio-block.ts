/**
 * virtio-blk (VIRTIO 1.1, 5.2): read, write, flush and identification over a disk image. Requests complete at once.
 */
import { u32, u64Number } from '../../../core/bytes.js';
import type { GuestMemory } from '../device.js';
import type { DiskImage } from '../disk/disk-image.js';
import { gather, scatter, totalLength } from './transfer.js';
import type { VirtioKind } from './virtio-kind.js';
import type { Chain } from './virtqueue.js';

const SECTOR = 512;
const HEADER_BYTES = 16;
const FEATURE = { segmentMost: 1n << 2n, blockSize: 1n << 6n, flush: 1n << 9n } as const;
const REQUEST = { read: 0, write: 1, flush: 4, identify: 8 } as const;
const STATUS = { ok: 0, error: 1, unsupported: 2 } as const;
const IDENTITY_BYTES = 20;
/** A request may carry that many data segments: the queue's size without header and status. */
const MOST_SEGMENTS = 126;
/** Longest request that is served; a chain that says more is an error of the guest. */
const MOST_BYTES = 64 << 20;

export class VirtioBlock implements VirtioKind {
  readonly name: string;
  readonly type = 2;
  readonly classCode = 0x01_8000;
  readonly features = FEATURE.segmentMost | FEATURE.blockSize | FEATURE.flush;
  readonly queues = 1;
  readonly configuration: Uint8Array;
  readonly #disk: DiskImage;
  readonly #memory: GuestMemory;

  constructor(disk: DiskImage, memory: GuestMemory) {
    this.name = `virtio-blk.${disk.name}`;
    this.#disk = disk;
    this.#memory = memory;
    this.configuration = new Uint8Array(0x3c);
    const view = new DataView(this.configuration.buffer);
    view.setBigUint64(0x00, BigInt(Math.floor(disk.size / SECTOR)), true);
    view.setUint32(0x0c, MOST_SEGMENTS, true);
    view.setUint32(0x14, SECTOR, true);
  }

  /** Header and data to be written are readable; data to be read and the status byte are writable (5.2.6). */
  serve(chain: Chain): number {
    const room = totalLength(chain.writable);
    if (room === 0) return 0;
    const header = gather(this.#memory, chain.readable, 0, HEADER_BYTES);
    const { status, data } =
      header.length < HEADER_BYTES || room > MOST_BYTES || totalLength(chain.readable) > MOST_BYTES
        ? { status: STATUS.error, data: 0 }
        : this.#request(chain, u32(header, 0), u64Number(header, 8) * SECTOR, room - 1);
    scatter(this.#memory, chain.writable, room - 1, new Uint8Array([status]));
    return data + 1;
  }

  #request(chain: Chain, type: number, offset: number, room: number): { status: number; data: number } {
    switch (type) {
      case REQUEST.read: {
        if (room % SECTOR !== 0 || offset + room > this.#disk.size) return { status: STATUS.error, data: 0 };
        const data = new Uint8Array(room);
        this.#disk.read(offset, data);
        scatter(this.#memory, chain.writable, 0, data);
        return { status: STATUS.ok, data: room };
      }
      case REQUEST.write: {
        // Checked before anything is copied: a ring full of long chains must not keep us.
        const length = totalLength(chain.readable) - HEADER_BYTES;
        if (length % SECTOR !== 0 || offset + length > this.#disk.size) return { status: STATUS.error, data: 0 };
        this.#disk.write(offset, gather(this.#memory, chain.readable, HEADER_BYTES, length));
        return { status: STATUS.ok, data: 0 };
      }
      case REQUEST.flush:
        return { status: STATUS.ok, data: 0 };
      case REQUEST.identify: {
        const name = new TextEncoder().encode(this.#disk.name).subarray(0, IDENTITY_BYTES);
        const data = new Uint8Array(Math.min(IDENTITY_BYTES, room));
        data.set(name.subarray(0, data.length));
        scatter(this.#memory, chain.writable, 0, data);
        return { status: STATUS.ok, data: data.length };
      }
      default:
        return { status: STATUS.unsupported, data: 0 };
    }
  }
}
