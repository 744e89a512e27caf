/**
 * Where copies of a machine go to be stored while it runs on: pages are copied into buffers and handed over; hashing,
 * compressing and writing them is the business of who listens at the other end (`serve-sink.ts`).
 */
import type { MessagePort } from 'node:worker_threads';
import { PAGE_SIZE } from '../core/address.js';
import { InvariantError, invariant, UserError } from '../core/errors.js';
import type { PhysicalMemory } from '../memory/physical-memory.js';
import type { SnapshotInfo } from './manifest.js';
import { PageBuffers } from './page-buffers.js';
import { BUFFER_PAGES, type SinkOrder, type SinkReply, type SnapshotEnd, type SnapshotStart } from './sink-messages.js';

/** What a promise of an answer is kept by. */
interface Awaited<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

export interface SinkOptions {
  /** Told what is worth a line and concerns no snapshot in the making. */
  readonly remark?: (text: string) => void;
  /** Buffers that are on their way at once at most. */
  readonly buffers?: number;
}

export class SnapshotSink {
  readonly #port: MessagePort;
  readonly #buffers: PageBuffers;
  readonly #remark: (text: string) => void;
  /** The snapshot that was begun last. */
  #id = 0;
  /** Why it cannot be stored any more. */
  #failure: Error | undefined;
  /** The other end has died. */
  #dead: Error | undefined;
  /** Snapshots that wait for their answers, by id. */
  readonly #commits = new Map<number, Awaited<SnapshotInfo>>();
  #closing: Promise<void> | undefined;
  #closed: Awaited<void> | undefined;

  /** @param port leads to a `serveSink` */
  constructor(port: MessagePort, { remark = () => {}, buffers }: SinkOptions = {}) {
    this.#port = port;
    this.#remark = remark;
    this.#buffers = new PageBuffers(buffers);
    port.on('message', (reply: SinkReply) => this.#take(reply));
  }

  /** Begins a snapshot. One before that was not committed is given up. */
  begin(start: SnapshotStart): void {
    invariant(this.#closing === undefined, 'the sink is open');
    this.#id++;
    this.#failure = this.#dead;
    this.#post({ kind: 'begin', id: this.#id, ...start });
  }

  /**
   * Hands pages over. They are copied when this resolves, and it takes no turn of the event loop while there are
   * buffers; with none left it waits for the store.
   */
  async putPages(frames: readonly number[] | Uint32Array, memory: Pick<PhysicalMemory, 'page'>): Promise<void> {
    for (let at = 0; at < frames.length && this.#failure === undefined; at += BUFFER_PAGES) {
      const part = Uint32Array.from(frames.slice(at, at + BUFFER_PAGES));
      const buffer = await this.#buffers.take();
      for (const [index, frame] of part.entries()) {
        const page = memory.page(frame);
        invariant(page !== undefined, 'the page of a running machine is there');
        buffer.set(page, index * PAGE_SIZE);
      }
      this.#post({ kind: 'pages', frames: part, buffer }, [buffer.buffer]);
    }
  }

  /**
   * Ends the snapshot; resolves when it is stored.
   * @returns a promise that is rejected with a UserError when the store cannot be written to
   */
  commit(end: SnapshotEnd): Promise<SnapshotInfo> {
    const failure = this.#failure;
    if (failure !== undefined) return Promise.reject(failure);
    return new Promise((resolve, reject) => {
      this.#commits.set(this.#id, { resolve, reject });
      this.#post({ kind: 'commit', ...end });
    });
  }

  /**
   * Waits until all is stored, and ends the other end. Harmless when it was called before.
   * @returns a promise that is rejected with a UserError when the store cannot be written to
   */
  close(): Promise<void> {
    if (this.#dead !== undefined) return Promise.resolve();
    this.#closing ??= new Promise((resolve, reject) => {
      this.#closed = { resolve, reject };
      this.#post({ kind: 'close' });
    });
    return this.#closing;
  }

  /** The other end has died of `error`, which is nobody's to mend: what waits and what comes fails with it. */
  died(error: Error): void {
    this.#dead = error;
    this.#failure = error;
    for (const { reject } of this.#commits.values()) reject(error);
    this.#commits.clear();
    this.#closed?.reject(error);
    this.#port.close();
  }

  #post(order: SinkOrder, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(order, transfer);
  }

  /** The answer for `id` is here: what waits for it waits no more. */
  #answered(id: number): Awaited<SnapshotInfo> | undefined {
    const commit = this.#commits.get(id);
    this.#commits.delete(id);
    return commit;
  }

  #failed(id: number | undefined, error: UserError): void {
    if (id === undefined) this.#closed?.reject(error);
    else {
      if (id === this.#id) this.#failure = error;
      this.#answered(id)?.reject(error);
    }
  }

  #take(reply: SinkReply): void {
    switch (reply.kind) {
      case 'free':
        this.#buffers.give(reply.buffer);
        break;
      case 'stored':
        this.#answered(reply.id)?.resolve(reply.info);
        break;
      case 'failed':
        this.#failed(reply.id, new UserError(reply.message, reply.hint));
        break;
      case 'remark':
        this.#remark(reply.text);
        break;
      case 'closed':
        this.#port.close();
        this.#closed?.resolve();
        break;
      default:
        throw new InvariantError(`a sink does not answer ${JSON.stringify(reply satisfies never)}`);
    }
  }
}
