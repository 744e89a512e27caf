/** What counts as code that was written, on streams of events as the emulator reports them. */
import { describe, expect, test } from 'vitest';
import type { EventBatch } from '../../src/emulator/events/event-batch.js';
import type { EventHandler, EventSource } from '../../src/emulator/events/event-hub.js';
import { watchWrittenCode } from '../../src/live/events/written-code.js';

const SPACE = 0x1000_0000n;
const OTHER = 0x2000_0000n;
const write = (address: bigint, addressSpace = SPACE, ring = 3) => ({ kind: 'write', address, addressSpace, ring });
const run = (address: bigint, addressSpace = SPACE, ring = 3) => ({
  kind: 'block',
  address,
  addressSpace,
  ring,
  icount: 7,
});

/** The addresses found in a stream. */
function found(...stream: object[]): bigint[] {
  let handler: EventHandler<'write' | 'block'> = () => {};
  const events: EventSource = {
    subscribe: (_filter, given) => {
      handler = given as unknown as typeof handler;
      return { close: () => {} };
    },
  };
  const seen: bigint[] = [];
  watchWrittenCode({ events }, 8, ({ address }) => seen.push(address));
  handler(stream as unknown as EventBatch<'write' | 'block'>);
  return seen;
}

describe('code that was written', () => {
  test('is found when it runs, once a page', () => {
    expect(found(write(0x5000n), run(0x5010n), run(0x5020n), write(0x6ff8n), run(0x6000n))).toEqual([0x5010n, 0x6000n]);
  });

  test('may have been written by the kernel for the process, under either root of page-table isolation', () => {
    expect(found(write(0x5000n, SPACE, 0), run(0x5000n, SPACE | 0x1000n))).toEqual([0x5000n]);
  });

  test('is neither what another process wrote, nor what ran before, nor what the kernel runs', () => {
    expect(found(write(0x5000n, OTHER), run(0x5000n))).toEqual([]);
    expect(found(run(0x5000n), write(0x5000n))).toEqual([]);
    expect(found(write(0x5000n), run(0x5000n, SPACE, 0))).toEqual([]);
  });
});
