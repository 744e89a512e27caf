/** The last so many bytes of a stream: what somebody who begins to watch is shown first. */

const CAPACITY = 64 * 1024;

export class RecentOutput {
  #bytes = Buffer.alloc(0);

  push(bytes: Uint8Array): void {
    const all = Buffer.concat([this.#bytes, bytes]);
    this.#bytes = all.subarray(Math.max(0, all.length - CAPACITY));
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }
}
