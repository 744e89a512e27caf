/**
 * Who stores the snapshots of a run: a thread beside the one that runs the guest, or the same one between its slices. The
 * same is done either way, and what is stored is the same.
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import { serveSink } from '../snapshots/serve-sink.js';
import { type SinkOptions, SnapshotSink } from '../snapshots/snapshot-sink.js';
import type { SnapshotStore } from '../snapshots/store.js';
import { type KeepRule, Retention } from './retention.js';

export interface StoringJob {
  readonly series: string;
  /** Which of the older snapshots stay. */
  readonly keep: KeepRule;
}

/** Makes the sink for a run. To be closed, or the process does not end. */
export type StartStoring = (store: SnapshotStore, job: StoringJob, options: SinkOptions) => SnapshotSink;

/** What `serveSink` is to do for a job beside storing. */
export function storingExtras(store: SnapshotStore, { series, keep }: StoringJob) {
  return (remark: (text: string) => void) => {
    const retention = new Retention(store, series, keep, remark);
    return {
      stored: ({ number }: { readonly number: number }) => retention.taken(number),
      closed: () => {
        retention.collect();
        store.flush();
      },
    };
  };
}

/** In this thread, between other work of it. */
export const storeHere: StartStoring = (store, job, options) => {
  const { port1, port2 } = new MessageChannel();
  serveSink(port2, store, storingExtras(store, job));
  return new SnapshotSink(port1, options);
};

/** In a thread of its own. */
export const storeInThread: StartStoring = (store, job, options) =>
  startThread(new URL('./storing-thread.js', import.meta.url), store, job, options);

/** @param file the module `storing-thread`, or one that loads it */
export function startThread(file: URL, store: SnapshotStore, job: StoringJob, options: SinkOptions): SnapshotSink {
  const { port1, port2 } = new MessageChannel();
  const workerData: StoringThreadData = { port: port2, folder: store.folder, job };
  const worker = new Worker(file, { workerData, transferList: [port2] });
  const sink = new SnapshotSink(port1, options);
  worker.once('error', (error) => sink.died(error));
  return sink;
}

export interface StoringThreadData {
  readonly port: MessageChannel['port1'];
  readonly folder: string;
  readonly job: StoringJob;
}
