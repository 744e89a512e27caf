/** What observing costs is measured with these, by name; the undefined one is the yardstick. */
import type { Subscription } from '../src/emulator/events/event-filter.js';
import type { EventKind } from '../src/emulator/events/event-kinds.js';

/** Where a kernel has no data and a program has its image: addresses that few accesses hit. */
const somewhere = [{ start: 0x40_0000n, end: 0x40_1000n }];

export const SUBSCRIPTIONS: Readonly<Record<string, Subscription<EventKind> | undefined>> = {
  nothing: undefined,
  'ports, exceptions, interrupts, registers': {
    kind: ['port-read', 'port-write', 'exception', 'interrupt', 'interrupt-return', 'control-write', 'msr-write'],
  },
  'one instruction': { kind: 'instruction', ranges: [{ start: 0x40_1000n, end: 0x40_1001n }] },
  'written pages executed by ring 3': { kind: 'code-execute', ring: 3, writer: 'user', sameMapping: true },
  'writes to one page': { kind: 'write', ranges: somewhere },
  'writes of ring 3 in one address space': { kind: 'write', ring: 3, addressSpace: 0x1000n },
  'blocks of ring 3': { kind: 'block', ring: 3 },
  'every block': { kind: 'block' },
  'every read and write': { kind: ['read', 'write'] },
  'every instruction': { kind: 'instruction' },
};
