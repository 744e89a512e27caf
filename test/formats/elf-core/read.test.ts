import { describe, expect, test } from 'vitest';
import { buildElfCore, type CoreSegment, qemuCpuNote, vboxNotes } from '../builders/elf-core.js';
import { type GuestRange, guestRange, holedGuest } from '../builders/guest.js';
import { expectGuest, openBytes } from '../open-bytes.js';

const physical = (ranges: readonly GuestRange[]): CoreSegment[] =>
  ranges.map(({ start, bytes }) => ({ physical: BigInt(start), bytes }));
/** The builder's general registers of processor `id`: a number each, in the order of QEMUCPUState. */
const general = (id: number) =>
  Object.fromEntries(
    'rax rbx rcx rdx rsi rdi rsp rbp r8 r9 r10 r11 r12 r13 r14 r15 rip rflags'
      .split(' ')
      .map((name, index) => [name, BigInt(id * 0x100 + index)]),
  );
const below4G = holedGuest.slice(0, 2);

describe('ELF core', () => {
  test.each([
    ['64 bits', { bits: 64, machine: 62 }],
    ['32 bits', { bits: 32, machine: 3 }],
    ['64 bits of a 32-bit machine', { bits: 64, machine: 3 }],
    ['with extended numbering', { extended: true }],
  ] as const)('%s gives every range', async (_name, options) => {
    const memory = await openBytes(buildElfCore(physical(below4G), options));
    expect(memory.format).toBe('ELF core');
    expect(memory.notes).toEqual([]);
    expectGuest(memory, below4G);
  });

  test('of QEMU brings registers and vmcoreinfo', async () => {
    const vmcoreinfo = 'OSRELEASE=6.1.0\nPAGESIZE=4096\n';
    const notes = [
      qemuCpuNote(0x1234000n, 1n),
      qemuCpuNote(0x5678000n, 2n, { isShort: true }),
      { owner: 'VMCOREINFO', type: 0, description: Buffer.from(vmcoreinfo) },
    ];
    const memory = await openBytes(buildElfCore(physical(holedGuest), { notes }));
    expect(memory.format).toBe('ELF core (QEMU)');
    expect(memory.vmcoreinfo).toBe(vmcoreinfo);
    expect(memory.registers).toEqual([
      {
        cr3: 0x1234000n,
        cr0: 0x80050033n,
        cr4: 0x6f0n,
        rip: 0x110n,
        general: general(1),
        gsBase: 0x1004n,
        idt: 0x1009n,
        kernelGsBase: 0x10000n,
      },
      {
        cr3: 0x5678000n,
        cr0: 0x80050033n,
        cr4: 0x6f0n,
        rip: 0x210n,
        general: general(2),
        gsBase: 0x2004n,
        idt: 0x2009n,
      },
    ]);
    expectGuest(memory, holedGuest);
  });

  test('of VirtualBox brings registers and has no bytes for MMIO', async () => {
    const mmio = { physical: 0xe0000000n, bytes: new Uint8Array(0), memorySize: 0x1000000 };
    const memory = await openBytes(buildElfCore([...physical(below4G), mmio], { notes: vboxNotes(0x1aa000n) }));
    expect(memory.format).toBe('ELF core (VirtualBox)');
    expect(memory.registers).toEqual([
      {
        cr3: 0x1aa000n,
        cr0: 0x80000011n,
        cr4: 0x20n,
        rip: 0x100en,
        gsBase: 0x2004n,
        idt: 0x4000n,
        kernelGsBase: 0x5000n,
      },
    ]);
    expectGuest(memory, below4G);
  });

  test('of an old VirtualBox has no registers that could be believed', async () => {
    const memory = await openBytes(buildElfCore(physical(below4G), { notes: vboxNotes(0x1aa000n, 0x00010000) }));
    expect(memory.registers).toEqual([]);
  });

  test('with paging lists pages once, whatever maps them', async () => {
    const whole = guestRange(0x100000, 0x110000);
    const segments = [
      { physical: 0x100000n, virtual: 0xffff888000100000n, bytes: whole.bytes },
      { physical: 0x104000n, virtual: 0xffffffff81000000n, bytes: whole.bytes.subarray(0x4000, 0x6000) },
      { physical: 0x10f000n, virtual: 0xffffc90000000000n, bytes: whole.bytes.subarray(0xf000) },
    ];
    expectGuest(await openBytes(buildElfCore(segments)), [whole]);
  });

  test('like /proc/kcore leaves out what has no physical address', async () => {
    const text = guestRange(0x1000000, 0x1004000);
    const ram = guestRange(0x1000, 0x9000);
    const segments = [
      { virtual: 0xffffffff81000000n, physical: BigInt(text.start), bytes: text.bytes },
      { virtual: 0xffffc90000000000n, physical: 0xffff_ffff_ffff_ffffn, bytes: guestRange(0x50000, 0x52000).bytes },
      { virtual: 0xffff888000001000n, physical: BigInt(ram.start), bytes: ram.bytes },
    ];
    const memory = await openBytes(buildElfCore(segments));
    expect(memory.notes).toEqual([]);
    expectGuest(memory, [ram, text]);
  });

  test.each([
    ['4 levels', 64, 0xffff888000000000n, 0xffffc90000000000n, 2 ** 45],
    ['4 levels with a random base', 64, 0xffff9dc040000000n, 0xffffb6ae80000000n, 2 ** 45],
    ['5 levels', 64, 0xff1102d300000000n, 0xff4a74a780000000n, 2 ** 54],
    ['i386', 32, 0xc0000000n, 0xd0800000n, 0x2effe000],
  ] as const)(
    'like an old /proc/kcore (%s) takes addresses from the direct map',
    async (_name, bits, base, vmalloc, size) => {
      const ranges = [guestRange(0x1000, 0x9f000), guestRange(0x100000, 0x140000)];
      const vmallocArea = { virtual: vmalloc, physical: 0n, bytes: Buffer.alloc(0x1000, 0xee), memorySize: size };
      const segments: CoreSegment[] = [
        vmallocArea,
        ...(bits === 64 ? [{ virtual: 0xffffffff81000000n, physical: 0n, bytes: Buffer.alloc(0x1000, 0xdd) }] : []),
        ...ranges.map(({ start, bytes }) => ({ virtual: base + BigInt(start), physical: 0n, bytes })),
      ];
      const memory = await openBytes(buildElfCore(segments, { bits, machine: bits === 64 ? 62 : 3 }));
      expect(memory.notes).toEqual(['physical addresses were derived from the kernel direct map']);
      expectGuest(memory, ranges);
    },
  );

  test('of a process is refused', async () => {
    const segments = [
      { virtual: 0x400000n, physical: 0n, bytes: Buffer.alloc(4096) },
      { virtual: 0x7fff00000000n, physical: 0n, bytes: Buffer.alloc(4096) },
      { virtual: 0xffffffffff600000n, physical: 0n, bytes: Buffer.alloc(4096) },
    ];
    await expect(openBytes(buildElfCore(segments))).rejects.toThrow('the core file of one process, not of a machine');
  });

  test('that is no core is refused', async () => {
    await expect(openBytes(buildElfCore(physical(below4G), { type: 2 }))).rejects.toThrow(
      'an ELF program or library, not a memory image',
    );
  });

  test('truncated keeps what is there', async () => {
    const file = buildElfCore(physical(below4G));
    const memory = await openBytes(file.subarray(0, file.length - 0x70000 - 10));
    expect(memory.notes).toEqual([`the file is truncated: ${0x70000 + 10} bytes of memory are missing`]);
    expectGuest(memory, [below4G[0]!, { start: 0x100000, bytes: below4G[1]!.bytes.subarray(0, 0x10000 - 10) }]);
  });

  test('truncated inside its program headers has no memory', async () => {
    const file = buildElfCore(physical(below4G));
    await expect(openBytes(file.subarray(0, 64 + 56 + 20))).rejects.toThrow('an ELF core file without memory in it');
  });

  test('of another processor says so', async () => {
    const memory = await openBytes(buildElfCore(physical(below4G), { machine: 183 }));
    expect(memory.notes).toEqual(['the core is of a machine that is not x86 (e_machine 183)']);
  });

  test('that puts the same bytes to many addresses has them once', async () => {
    const file = buildElfCore(
      physical([guestRange(0, 0x10000), guestRange(0x10000, 0x20000), guestRange(0x20000, 0x30000)]),
    );
    // The second and third program header (56 bytes each, after the note's) point at the first one's bytes and more.
    const first = file.readBigUInt64LE(64 + 56 + 8);
    for (const i of [2, 3]) {
      file.writeBigUInt64LE(first, 64 + i * 56 + 8);
      file.writeBigUInt64LE(0x18000n, 64 + i * 56 + 32);
      file.writeBigUInt64LE(BigInt(i) * 0x100000n, 64 + i * 56 + 24);
    }
    const memory = await openBytes(file);
    expect(memory.notes).toEqual([
      'the program headers claim more memory than the file holds: what exceeds it is left out',
    ]);
    expect(memory.ranges).toEqual([
      { start: 0, end: 0x10000 },
      { start: 0x200000, end: 0x218000 },
    ]);
  });

  test('with impossible addresses leaves them out', async () => {
    const segments = [...physical(below4G), { physical: 1n << 60n, bytes: Buffer.alloc(4096) }];
    const memory = await openBytes(buildElfCore(segments));
    expect(memory.notes).toEqual(['1 program headers name impossible addresses and are left out']);
    expectGuest(memory, below4G);
  });
});
