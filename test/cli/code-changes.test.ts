/** Overwritten kernel text as a comparison shows it. What the instructions are is written down from the manual. */
import { describe, expect, test } from 'vitest';
import { type CompareRequest, compareSources } from '../../src/cli/compare-sources.js';
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';
import { GuestEditor } from '../analysis/synthetic-moments.js';

/** endbr64; push rbp; mov rbp,rsp; push rbx; xor eax,eax; pop rbx; pop rbp; ret */
const FUNCTION = [0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x48, 0x89, 0xe5, 0x53, 0x31, 0xc0, 0x5b, 0x5d, 0xc3];

async function codeChanges(
  before: PhysicalMemory,
  after: PhysicalMemory,
  choice: Partial<Pick<CompareRequest, 'only' | 'ignore' | 'memory'>> = {},
) {
  const members = [
    { name: 'before', memory: before },
    { name: 'after', memory: after },
  ];
  const request = { everything: false, memory: true, bytes: false, cache: false, ...choice, note: () => {} };
  const rows = [];
  for await (const { row } of compareSources(members, request)) rows.push(row);
  return rows;
}

describe('kernel text that changed', async () => {
  const base = await GuestEditor.open();
  const address = base.kernel.requireAddress('__x64_sys_call5');
  const target = base.kernel.requireAddress('__x64_sys_call3');
  base.write(address, Uint8Array.from(FUNCTION));
  const edited = () => GuestEditor.open(base.bytes);
  const hex = (value: bigint) => `0x${value.toString(16)}`;

  test('is disassembled both ways, whole instructions each', async () => {
    const after = await edited();
    const jump = Buffer.alloc(5, 0xe9);
    jump.writeInt32LE(Number(target - (address + 9n)), 1);
    // Over push rbp, mov rbp,rsp and push rbx: five bytes of five.
    after.write(address + 4n, jump);
    const rows = (await codeChanges(base.memory, after.memory)).filter(({ kind }) => kind === 'code');
    expect(rows).toEqual([
      {
        ...{ from: 'before', to: 'after', kind: 'code', change: 'changed', object: '__x64_sys_call5' },
        field: `${hex(address + 4n)} (+0x4)`,
        before: 'push rbp; mov rbp,rsp; push rbx',
        after: `jmp ${hex(target)} <__x64_sys_call3>`,
      },
    ]);
  });

  test('is told up to where both are in step again', async () => {
    const after = await edited();
    // mov al,1 over push rbx and half of xor eax,eax: the other half, c0, takes the next three bytes along (c0 /3 ib).
    after.write(address + 8n, Uint8Array.of(0xb0, 0x01));
    const [row] = (await codeChanges(base.memory, after.memory)).filter(({ kind }) => kind === 'code');
    expect([row?.before, row?.after]).toEqual([
      'push rbx; xor eax,eax; pop rbx; pop rbp; ret',
      'mov al,0x1; rcr BYTE PTR [rbx+0x5d],0xc3',
    ]);
  });

  test('is one page of kernel text, and nothing is when nothing changed', async () => {
    const after = (await edited()).write(address, Uint8Array.of(0xcc));
    const rows = await codeChanges(base.memory, after.memory);
    expect(rows.map(({ kind, object, before, after: now }) => [kind, object, before, now])).toEqual([
      ['code', '__x64_sys_call5', 'endbr64', expect.stringMatching(/^int3; /)],
      ['memory of kernel text', 'kernel', undefined, expect.stringMatching(/^1, the first at /)],
    ]);
    expect(await codeChanges(base.memory, (await edited()).memory)).toEqual([]);
  });

  test('is not what only may be executed: kernels without NX map their data so', async () => {
    // The synthetic guest's image is mapped executable as a whole, as on i386 without PAE.
    const { memory } = (await edited()).hook(5, target);
    const place = base.kernel.requireAddress('sys_call_table');
    expect(base.kernel.space.translate(place)).toMatchObject({ kind: 'mapped', executable: true });
    const rows = await codeChanges(base.memory, memory);
    expect([...new Set(rows.map(({ kind }) => kind))]).toEqual(['system call', 'memory of kernel']);
  });

  test('is chosen and left out by name, as pages are', async () => {
    const { memory } = (await edited()).write(address, Uint8Array.of(0xcc));
    const kinds = async (choice: Parameters<typeof codeChanges>[2]) =>
      (await codeChanges(base.memory, memory, choice)).map(({ kind }) => kind);
    expect(await kinds({ only: ['code'] })).toEqual(['code']);
    expect(await kinds({ only: ['memory', 'processes'] })).toEqual(['memory of kernel text']);
    expect(await kinds({ ignore: ['memory'] })).toEqual(['code']);
    expect(await kinds({ ignore: ['code'] })).toEqual(['memory of kernel text']);
    expect(await kinds({ memory: false })).toEqual(['code']);
    expect(await kinds({ only: ['processes'] })).toEqual([]);
  });
});
