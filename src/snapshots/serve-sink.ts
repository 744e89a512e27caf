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

  /** A store that fails loses the snapshot in the making and nothing else. */
  const storing = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      writer?.abort();
      writer = undefined;
      reply({ kind: 'failed', message: error.message, hint: error.hint });
      return undefined;
    }
  };

  const handlers: Handlers = {
    begin: ({ series, memory, base }) =>
      storing(() => {
        writer?.abort();
        writer = undefined;
        writer = store.beginSnapshot(series, memory, { base });
        if (base !== undefined && writer.needsAllPages) {
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
    commit: ({ moment, states }) => {
      const info = storing(() => {
        for (const { name, version, bytes } of states) writer?.putState(name, version, bytes);
        return writer?.commit(moment, { flush: false });
      });
      if (info === undefined) return;
      writer = undefined;
      reply({ kind: 'stored', info });
      extras.stored?.(info);
    },
    close: () => {
      storing(() => {
        writer?.abort();
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
