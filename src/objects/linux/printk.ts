/**
 * The kernel's log: records of the printk ring buffer, oldest first.
 *
 * Source: kernel/printk/printk_ringbuffer.{h,c} (5.10 to 6.12) and, for older kernels, kernel/printk/printk.c
 * (`struct printk_log`, 3.5 to 5.9).
 */
import { u16, u32, u64, utf8Text } from '../../core/bytes.js';
import { readBytes, type StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';

export interface LogRecord {
  readonly sequence: bigint;
  /** Nanoseconds since boot, by the scheduler's clock. */
  readonly time: bigint;
  readonly facility: number;
  /** 0 emergency … 7 debug. */
  readonly level: number;
  /** `T123` a task, `C0` a processor; undefined without CONFIG_PRINTK_CALLER. */
  readonly caller: string | undefined;
  /** Device that the message is about, as `SUBSYSTEM` and `DEVICE` of /dev/kmsg. */
  readonly device: string | undefined;
  readonly text: string;
}

/** The records in the log; empty when this kernel's log cannot be located. */
export function* logRecords(kernel: LinuxKernel): Generator<LogRecord> {
  const ring = kernel.globalPointer('prb');
  if (ring !== undefined && ring !== 0n && kernel.profile.types.struct('printk_ringbuffer') !== undefined) {
    yield* ringRecords(kernel, kernel.struct('printk_ringbuffer', ring));
  } else yield* flatRecords(kernel);
}

/** Descriptor states in the two upper bits of `state_var`: what may be read is committed or finalized. */
const COMMITTED = 1;
const FINALIZED = 2;
/** Largest ring: CONFIG_LOG_BUF_SHIFT and log_buf_len= end at 2 GiB; descriptors are 1/32 of that. */
const MAX_COUNT_BITS = 26;
/** Positions of records without text: FAILED_LPOS 1 (lost), NO_LPOS 3 (empty). */
const NO_TEXT = 1n;

function* ringRecords(kernel: LinuxKernel, ring: StructView): Generator<LogRecord> {
  const wordBits = kernel.profile.pointerSize * 8;
  const idMask = (1n << BigInt(wordBits - 2)) - 1n;
  const countBits = ring.num('desc_ring.count_bits');
  const head = ring.big('desc_ring.head_id.counter');
  const tail = ring.big('desc_ring.tail_id.counter');
  const descriptors = ring.at('desc_ring').follow('descs');
  const infos = ring.at('desc_ring').follow('infos');
  if (countBits === undefined || countBits > MAX_COUNT_BITS || head === undefined || tail === undefined) return;
  if (descriptors === undefined || infos === undefined) return;
  const count = 1n << BigInt(countBits);
  // The identifiers run from tail to head, both inclusive, and wrap within the bits that the state leaves them.
  const last = (head - tail) & idMask;
  for (let step = 0n; step <= last && step < count; step++) {
    const id = (tail + step) & idMask;
    const index = Number(id % count);
    const descriptor = descriptors.sibling(index);
    const state = descriptor.big('state_var.counter');
    if (state === undefined || (state & idMask) !== id) continue;
    const phase = Number(BigInt.asUintN(wordBits, state) >> BigInt(wordBits - 2));
    if (phase !== COMMITTED && phase !== FINALIZED) continue;
    const info = infos.sibling(index);
    const length = info.num('text_len') ?? 0;
    yield record(info, blockText(kernel, ring, descriptor, length));
  }
}

function record(info: StructView, text: string | undefined): LogRecord {
  const caller = info.has('caller_id') ? info.num('caller_id') : undefined;
  const subsystem = info.has('dev_info') ? info.text('dev_info.subsystem') : undefined;
  return {
    sequence: info.big('seq') ?? 0n,
    time: info.big('ts_nsec') ?? 0n,
    facility: info.num('facility') ?? 0,
    level: info.num('level') ?? 0,
    caller: caller === undefined ? undefined : callerName(caller),
    device:
      subsystem === undefined || subsystem === '' ? undefined : `${subsystem} ${info.text('dev_info.device') ?? ''}`,
    text: text ?? '',
  };
}

/** `printk_caller_id`: a task's id, or a processor with the top bit set. */
function callerName(id: number): string {
  return id >= 0x8000_0000 ? `C${id - 0x8000_0000}` : `T${id}`;
}

/** The text of a record: a block of the data ring that begins with its descriptor's id; blocks never wrap inside. */
function blockText(kernel: LinuxKernel, ring: StructView, descriptor: StructView, length: number): string | undefined {
  const sizeBits = ring.num('text_data_ring.size_bits');
  const data = ring.ptr('text_data_ring.data');
  const begin = descriptor.big('text_blk_lpos.begin');
  const next = descriptor.big('text_blk_lpos.next');
  if (sizeBits === undefined || sizeBits > 31 || data === undefined || begin === undefined || next === undefined)
    return undefined;
  if ((begin & NO_TEXT) === 1n) return undefined;
  const size = 1n << BigInt(sizeBits);
  // A block that would cross the end of the ring begins at its start instead (DATA_WRAPS).
  const wraps = begin / size !== (next - 1n) / size;
  const offset = wraps ? 0n : begin % size;
  const bytes = readBytes(kernel, data + offset + BigInt(kernel.profile.pointerSize), length);
  return bytes && utf8Text(bytes);
}

/** `struct printk_log`: ts_nsec 0, len 8, text_len 10, dict_len 12, facility 14, flags and level 15; 16 bytes (4.x to 5.9). */
const FLAT_HEADER = 16;

function* flatRecords(kernel: LinuxKernel): Generator<LogRecord> {
  const buffer = kernel.globalPointer('log_buf');
  const size = variable(kernel, 'log_buf_len');
  const first = variable(kernel, 'log_first_idx');
  const next = variable(kernel, 'log_next_idx');
  if (buffer === undefined || size === undefined || first === undefined || next === undefined) return;
  const header = kernel.profile.types.struct('printk_log')?.size ?? FLAT_HEADER;
  let sequence = 0n;
  let at = first;
  for (let read = 0; at !== next && read < size; sequence++) {
    const bytes = readBytes(kernel, buffer + BigInt(at), header)?.slice();
    if (bytes === undefined) return;
    const length = u16(bytes, 8);
    // A record of length 0 says that the log goes on at the start of the buffer.
    if (length === 0) {
      at = 0;
      read += header;
      continue;
    }
    const text = readBytes(kernel, buffer + BigInt(at + header), u16(bytes, 10));
    yield {
      sequence,
      time: u64(bytes, 0),
      facility: bytes[14] ?? 0,
      level: (bytes[15] ?? 0) >> 5,
      caller: header > FLAT_HEADER ? callerName(u32(bytes, FLAT_HEADER)) : undefined,
      device: undefined,
      text: text === undefined ? '' : utf8Text(text),
    };
    at += length;
    read += length;
  }
}

function variable(kernel: LinuxKernel, symbol: string): number | undefined {
  const address = kernel.address(symbol);
  const bytes = address === undefined ? undefined : readBytes(kernel, address, 4);
  return bytes && u32(bytes, 0);
}
