/** What counts as code that was written: on programs that run, and on events as the emulator reports them. */
import { describe, expect, test } from 'vitest';
import type { EventBatch } from '../../src/emulator/events/event-batch.js';
import type { EventHandler, EventSource } from '../../src/emulator/events/event-hub.js';
import { watchWrittenCode } from '../../src/live/events/written-code.js';
import {
  bareProcessor,
  CODE,
  DATA,
  enterLong,
  enterUser,
  load,
  pageEntry,
  put,
} from '../emulator/support/bare-processor.js';

const SPACE = 0x1000_0000n;
const OTHER = 0x2000_0000n;
const run = (address: bigint, page: bigint | undefined, writer = SPACE, addressSpace = SPACE) => ({
  kind: 'code-execute',
  address,
  addressSpace,
  icount: 7,
  writtenAs: page === undefined ? undefined : { page, addressSpace: writer },
});

/** The addresses found in a stream. */
function found(...stream: object[]): bigint[] {
  let handler: EventHandler<'code-execute'> = () => {};
  const events: EventSource = {
    subscribe: (_filter, given) => {
      handler = given as unknown as typeof handler;
      return { close: () => {} };
    },
  };
  const seen: bigint[] = [];
  watchWrittenCode({ events }, ({ address }) => seen.push(address));
  handler(stream as unknown as EventBatch<'code-execute'>);
  return seen;
}

describe('code that was written', () => {
  test('is found when it runs, once a page', () => {
    const stream = [run(0x5010n, 0x5000n), run(0x5020n, 0x5000n), run(0x6000n, 0x6000n)];
    expect(found(...stream)).toEqual([0x5010n, 0x6000n]);
  });

  test('may have been written by the kernel for the process, under either root of page-table isolation', () => {
    expect(found(run(0x5000n, 0x5000n, SPACE, SPACE | 0x1000n))).toEqual([0x5000n]);
  });

  test('is neither what another process wrote, nor what came through another address, nor from outside', () => {
    expect(found(run(0x5000n, 0x5000n, OTHER))).toEqual([]);
    expect(found(run(0x5000n, 0x8000n))).toEqual([]);
    expect(found(run(0x5000n, undefined))).toEqual([]);
  });
});

test('a program in ring 3 that writes a function twice, beside one that was there', () => {
  const { cpu } = bareProcessor();
  enterLong(cpu);
  enterUser(cpu);
  cpu.setRegister('rbx', BigInt(DATA));
  cpu.setRegister('rcx', 0x7000n);
  cpu.setRegister('rsp', 0xa000n);
  // What lies at 0x7000 was written through 0x5000 only.
  put(cpu, pageEntry(0x5000), 8, 0x7007n);
  // mov byte [0x5000], ret; call rcx; mov byte [rbx], ret; call rbx; mov byte [rbx], ret; call rbx
  load(cpu, CODE, 'c6 04 25 00 50 00 00 c3 ff d1 c6 03 c3 ff d3 c6 03 c3 ff d3 f4');
  const seen: unknown[] = [];
  watchWrittenCode(cpu, (code) => seen.push(code));
  cpu.run(9);
  expect(seen).toEqual([{ address: BigInt(DATA), icount: 5 }]);
});
