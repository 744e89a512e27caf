/**
 * What a kind of virtio device (block, entropy …) is to its transport: type, features, configuration, queues, and what
 * to do with a request. A kind keeps no state of its own.
 */
import type { Chain } from './virtqueue.js';

export interface VirtioKind {
  /** The device's name in the machine: 'virtio-blk', 'virtio-rng'. */
  readonly name: string;
  /** Device type (VIRTIO 1.1, chapter 5). */
  readonly type: number;
  /** Class code of its PCI function. */
  readonly classCode: number;
  /** Device features offered beside VERSION_1. */
  readonly features: bigint;
  readonly queues: number;
  /** Device configuration space as the driver reads it. */
  readonly configuration: Uint8Array;
  /** Carries out one request and returns how many bytes it wrote into the chain's writable buffers. */
  serve(chain: Chain): number;
}
