/** VMCOREINFO: notes, bare copies, false hits and forgeries. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLinuxKernel } from '../../../src/profiles/linux/find-linux-kernel.js';
import {
  findVmcoreInfo,
  parseVmcoreInfo,
  vmcoreNumber,
  vmcoreSymbol,
  vmcoreSymbols,
} from '../../../src/profiles/linux/vmcoreinfo.js';
import { withVmcoreinfo } from '../../../src/profiles/linux/with-vmcoreinfo.js';
import { linuxGuest } from '../../synthetic/linux-guest.js';
import { bufferMemory } from '../buffer-memory.js';

const TEXT = `OSRELEASE=6.1.0-test
PAGESIZE=4096
SYMBOL(_stext)=ffffffff81000000
SYMBOL(swapper_pg_dir)=ffffffff82a10000
SYMBOL(broken)=xyz
NUMBER(phys_base)=-150994944
NUMBER(PG_head_mask)=0x10000
NUMBER(wrong)=--1
KERNELOFFSET=0
`;

function note(text: string, nameSize = 11, textSize = text.length): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(nameSize, 0);
  header.writeUInt32LE(textSize, 4);
  header.write('VMCOREINFO', 12, 'latin1');
  return Buffer.concat([header, Buffer.from(text, 'latin1')]);
}

function memoryWith(...parts: readonly (readonly [at: number, bytes: Buffer])[]) {
  const bytes = Buffer.alloc(0x10_0000);
  for (const [at, part] of parts) part.copy(bytes, at);
  return bufferMemory(bytes);
}

const releases = (memory: ReturnType<typeof memoryWith>): (string | undefined)[] =>
  [...findVmcoreInfo(memory)].map((info) => info.get('OSRELEASE'));

describe('VMCOREINFO', () => {
  it('is read value by value', () => {
    const info = parseVmcoreInfo(TEXT)!;
    expect(info.get('OSRELEASE')).toBe('6.1.0-test');
    expect(vmcoreSymbol(info, '_stext')).toBe(0xffff_ffff_8100_0000n);
    expect(vmcoreNumber(info, 'phys_base')).toBe(-150994944n);
    expect(vmcoreNumber(info, 'PG_head_mask')).toBe(0x10000n);
    expect(vmcoreNumber(info, 'wrong')).toBeUndefined();
    expect(vmcoreSymbol(info, 'broken')).toBeUndefined();
    expect([...vmcoreSymbols(info)].map(({ name }) => name)).toEqual(['_stext', 'swapper_pg_dir']);
  });

  it('is found as a note, and as a bare copy at the start of a page, in this order', () => {
    const memory = memoryWith(
      [0x1000, Buffer.from(TEXT.replace('test', 'copy'), 'latin1')],
      [0x5004, note(TEXT)],
      // The format string of the kernel, and a copy that has no page of its own: false hits.
      [0x2100, Buffer.from('VMCOREINFO\0OSRELEASE=%s\n\0', 'latin1')],
      [0x3010, Buffer.from(TEXT, 'latin1')],
    );
    expect(releases(memory)).toEqual(['6.1.0-test', '6.1.0-copy']);
  });

  it('is refused when its header lies', () => {
    expect(releases(memoryWith([0x2000, note(TEXT, 12)], [0x4000, note(TEXT, 11, 0xffff_ffff)]))).toEqual([]);
    expect(releases(memoryWith([0x2000, note('', 11, 0)]))).toEqual([]);
  });

  it('is found across the borders of what is read at once', () => {
    const bytes = Buffer.alloc(0x40_0000);
    note(TEXT).copy(bytes, 0x10_0000 - 16);
    expect(releases(bufferMemory(bytes))).toEqual(['6.1.0-test']);
  });

  it('that no page tables bear out locates no kernel', () => {
    expect(findLinuxKernel(memoryWith([0x5000, note(TEXT)]))).toBeUndefined();
    expect(findLinuxKernel(bufferMemory(Buffer.alloc(0x10_0000), { vmcoreinfo: TEXT }))).toBeUndefined();
  });

  it('of any text is read without an exception', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const info = parseVmcoreInfo(`OSRELEASE=x\n${text}`);
        if (info !== undefined) for (const key of info.keys()) vmcoreSymbol(info, key);
      }),
    );
  });

  it('is not made up from random memory', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4096, maxLength: 65536 }), (bytes) => {
        expect(findLinuxKernel(bufferMemory(bytes))).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});

describe('memory with its VMCOREINFO', () => {
  it('says what the kernel in it wrote, and is otherwise the same', () => {
    const plain = bufferMemory(linuxGuest(64));
    const memory = withVmcoreinfo(plain);
    const [record] = [...findVmcoreInfo(plain)];
    expect(parseVmcoreInfo(memory.vmcoreinfo ?? '')).toEqual(record);
    expect([memory.ranges, memory.page(3)]).toEqual([plain.ranges, plain.page(3)]);
  });

  it('is as it was where its container said so already, or no kernel is in it', () => {
    const said = bufferMemory(linuxGuest(64), { vmcoreinfo: TEXT });
    expect(withVmcoreinfo(said)).toBe(said);
    // A record without a kernel that is where it says.
    const forged = memoryWith([0x5004, note(TEXT)]);
    expect(withVmcoreinfo(forged)).toBe(forged);
  });
});
