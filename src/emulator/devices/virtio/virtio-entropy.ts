/** virtio-rng (VIRTIO 1.1, 5.4): fills what the driver offers with random bytes from the machine's input. */
import type { GuestMemory } from '../device.js';
import { scatter, totalLength } from './transfer.js';
import type { VirtioKind } from './virtio-kind.js';
import type { Chain } from './virtqueue.js';

/** A device may return less than was asked for; drivers ask again. */
const MOST_BYTES = 4096;

export class VirtioEntropy implements VirtioKind {
  readonly name = 'virtio-rng';
  readonly type = 4;
  readonly classCode = 0xff_0000;
  readonly features = 0n;
  readonly queues = 1;
  readonly configuration = new Uint8Array(0);
  readonly #memory: GuestMemory;
  readonly #random: (length: number) => Uint8Array;

  constructor(memory: GuestMemory, random: (length: number) => Uint8Array) {
    this.#memory = memory;
    this.#random = random;
  }

  serve(chain: Chain): number {
    const length = Math.min(totalLength(chain.writable), MOST_BYTES);
    if (length > 0) scatter(this.#memory, chain.writable, 0, this.#random(length));
    return length;
  }
}
