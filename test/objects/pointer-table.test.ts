import { expect, it } from 'vitest';
import { occupiedSlots } from '../../src/objects/pointer-table.js';
import { SyntheticMemory } from './synthetic-memory.js';

const BASE = 0xffff_8880_0001_0000n;

it('hands out slots that hold pointers, and neither empty nor odd ones', () => {
  const memory = new SyntheticMemory({});
  const values = [0n, 0xffff_8880_1234_5678n, 1n, 0xffff_8880_0000_0001n, 0n, 0x10n];
  for (const [index, value] of values.entries()) memory.put(BASE + BigInt(index * 8), value);
  expect([...occupiedSlots(memory, { base: BASE, count: values.length })]).toEqual([
    { index: 1, address: BASE + 8n, value: 0xffff_8880_1234_5678n },
    { index: 5, address: BASE + 40n, value: 0x10n },
  ]);
  expect(memory.faults.count).toBe(0);
});

it('finds pointers inside of larger slots', () => {
  const memory = new SyntheticMemory({});
  memory.put(BASE, 0x1111n);
  memory.put(BASE + 16n + 8n, 0x2000n);
  const slots = [...occupiedSlots(memory, { base: BASE, count: 2, stride: 16, offset: 8 })];
  expect(slots).toEqual([{ index: 1, address: BASE + 24n, value: 0x2000n }]);
});

it('passes over pages that are missing, with a fault for each', () => {
  const memory = new SyntheticMemory({});
  memory.put(BASE, 0x1000n);
  memory.put(BASE + 0x4000n, 0x2000n);
  const slots = [...occupiedSlots(memory, { base: BASE, count: 0x5000 / 8 })];
  expect(slots.map(({ index }) => index)).toEqual([0, 0x4000 / 8]);
  expect(memory.faults.count).toBe(3);
});

it('does not believe in tables without an end', () => {
  const memory = new SyntheticMemory({});
  memory.put(BASE, 0x1000n);
  expect([...occupiedSlots(memory, { base: BASE, count: 2 ** 32 })].length).toBe(1);
  expect(memory.faults.count).toBeGreaterThan(0);
});
