/** Copies between a chain's scattered buffers and one array. Buffers outside RAM read as zeros and take nothing. */
import type { GuestMemory } from '../device.js';
import type { Buffer } from './virtqueue.js';

export function totalLength(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.length, 0);
}

/** The part of each buffer that falls into `length` bytes from `skip`, with its place in the array. */
function* parts(
  buffers: readonly Buffer[],
  skip: number,
  length: number,
): Generator<{ address: number; at: number; length: number }> {
  let position = 0;
  for (const buffer of buffers) {
    const from = Math.max(skip, position);
    const to = Math.min(skip + length, position + buffer.length);
    if (to > from) yield { address: buffer.address + from - position, at: from - skip, length: to - from };
    position += buffer.length;
  }
}

/** At most `length` bytes from byte `skip` of the buffers on; fewer when they end before. */
export function gather(memory: GuestMemory, buffers: readonly Buffer[], skip: number, length: number): Uint8Array {
  const available = Math.max(0, Math.min(length, totalLength(buffers) - skip));
  const result = new Uint8Array(available);
  for (const part of parts(buffers, skip, available)) {
    memory.read(part.address, result.subarray(part.at, part.at + part.length));
  }
  return result;
}

/** Puts `data` at byte `skip` of the buffers; what does not fit is dropped. */
export function scatter(memory: GuestMemory, buffers: readonly Buffer[], skip: number, data: Uint8Array): void {
  for (const part of parts(buffers, skip, data.length)) {
    memory.write(part.address, data.subarray(part.at, part.at + part.length));
  }
}
