/**
 * The end of a `SnapshotSink` that stores: takes orders from a port, in the thread of its own that
 * `live/storing-thread.ts` starts or in the same one, and answers.
 */
import type { MessagePort } from 'node:worker_threads';
import { PAGE_SIZE } from '../core/address.js';
import { invariant, UserError } from '../core/errors.js';
import type { SnapshotInfo } from './manifest.js';
import type { SinkOrder, SinkReply } from './sink-messages.js';
import type { SnapshotWriter } from './snapshot-writer.js';
import type { SnapshotStore } from './store.js';

/** What else happens beside storing, in the thread that stores. */
export interface SinkExtras {
  /** A snapshot is stored, and that was answered. */
  stored(info: SnapshotInfo): void;
  /** Nothing more comes. @throws UserError which the one who closes the sink gets */
  closed(): void;
}

type OrderOf<K extends SinkOrder['kind']> = Extract<SinkOrder, { kind: K }>;
type Handlers = { readonly [K in SinkOrder['kind']]: (order: OrderOf<K>) => void };

/** Carries out the orders that come from `port`. @param extrasOf is given a way to say a line */
export function serveSink(
  port: MessagePort,
  store: SnapshotStore,
  extrasOf: (remark: (text: string) => void) => Partial<SinkExtras> = () => ({}),
): void {
  const reply = (message: SinkReply, transfer: readonly ArrayBuffer[] = []) => port.postMessage(message, transfer);
  const extras = extrasOf((text) => reply({ kind: 'remark', text }));
  /** None while nothing is begun, and behind a failure until the next one begins. */
  let writer: SnapshotWriter | undefined;
  let id: number | undefined;
  /** What the next one may be the difference to: the one before, when it is stored. */
  let previous: number | undefined;

  /** A store that fails loses the snapshot in the making and nothing else. */
  const storing = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      writer?.abort();
      writer = undefined;
      reply({ kind: 'failed', id, message: error.message, hint: error.hint });
      return undefined;
    }
  };

  const tagged = ({ series, number }: SnapshotInfo, tag: string) => {
    try {
      store.tag(series, number, tag);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      reply({ kind: 'remark', text: `${series}@${number} is not tagged '${tag}': ${error.message}` });
    }
  };

  const handlers: Handlers = {
    begin: ({ series, memory, pages, ...order }) =>
      storing(() => {
        writer?.abort();
        writer = undefined;
        id = order.id;
        const base = pages === 'all' ? undefined : previous;
        previous = undefined;
        if (base === undefined && pages === 'changed') {
          throw new UserError('the one before, to which it is the difference, is missed');
        }
        writer = store.beginSnapshot(series, memory, { base });
        if (writer.needsAllPages && pages === 'changed') {
          throw new UserError(`${series}@${base}, to which it is the difference, was removed meanwhile`);
        }
      }),
    pages: ({ frames, buffer }) => {
      storing(() => {
        for (const [index, frame] of frames.entries()) {
          writer?.putPage(frame, buffer.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE));
        }
      });
      reply({ kind: 'free', buffer }, [buffer.buffer]);
    },
    commit: ({ moment, states, tag }) => {
      const info = storing(() => {
        for (const { name, version, bytes } of states) writer?.putState(name, version, bytes);
        return writer?.commit(moment, { flush: false });
      });
      if (info === undefined) return;
      writer = undefined;
      previous = info.number;
      if (tag !== undefined) tagged(info, tag);
      reply({ kind: 'stored', id: id as number, info });
      extras.stored?.(info);
    },
    close: () => {
      storing(() => {
        writer?.abort();
        id = undefined;
        extras.closed?.();
      });
      reply({ kind: 'closed' });
    },
  };
  port.on('message', (order: SinkOrder) => {
    const handler = handlers[order.kind] as (order: SinkOrder) => void;
    invariant(handler !== undefined, 'the order is known');
    handler(order);
  });
}
