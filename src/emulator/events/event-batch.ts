/** Some events of one subscription, in order. They lie in the emulator's memory: a batch is valid while its handler runs. */
import { decodeRecord, type EventKind, type EventOf } from './event-kinds.js';
import { RECORD_BYTES } from './event-record.js';

export class EventBatch<K extends EventKind> implements Iterable<EventOf<K>> {
  /** The records of all subscriptions, `RECORD_BYTES` each (see event-record.ts), for consumers that decode nothing. */
  readonly records: DataView;
  private readonly indices: Uint32Array | undefined;
  readonly length: number;

  /** `indices` names this batch's records; undefined for all of them. */
  constructor(records: DataView, indices: Uint32Array | undefined) {
    this.records = records;
    this.indices = indices;
    this.length = indices?.length ?? records.byteLength / RECORD_BYTES;
  }

  /** Byte offset in `records` of event `i`. */
  offset(i: number): number {
    return (this.indices === undefined ? i : (this.indices[i] as number)) * RECORD_BYTES;
  }

  /** Event `i`, decoded; independent of the batch. */
  at(i: number): EventOf<K> {
    return decodeRecord(this.records, this.offset(i) / RECORD_BYTES) as unknown as EventOf<K>;
  }

  *[Symbol.iterator](): Iterator<EventOf<K>> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }
}
