/**
 * Buffers that pages are copied into on their way to the store. There is a most of them: who wants one more waits until
 * one has come back.
 */
import { PAGE_SIZE } from '../core/address.js';
import { BUFFER_PAGES, type PageBuffer } from './sink-messages.js';

/** 256 MiB: a guest with no more memory than that is copied without waiting. */
const MOST = 128;
/** Buffers kept for the next snapshot, 16 MiB; those beyond are given back to the system. */
const KEPT = 8;

export class PageBuffers {
  readonly #most: number;
  readonly #free: PageBuffer[] = [];
  #out = 0;
  #wake: (() => void) | undefined;

  /** @param most buffers that are out at once at most */
  constructor(most = MOST) {
    this.#most = most;
  }

  /** A buffer for `BUFFER_PAGES` pages with any contents, at once when it may. One taker at a time. */
  async take(): Promise<PageBuffer> {
    while (this.#out >= this.#most) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#out++;
    return this.#free.pop() ?? new Uint8Array(BUFFER_PAGES * PAGE_SIZE);
  }

  /** A buffer has come back. */
  give(buffer: PageBuffer): void {
    this.#out--;
    if (this.#free.length < KEPT) this.#free.push(buffer);
    this.#wake?.();
  }
}
