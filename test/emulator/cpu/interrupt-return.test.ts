/** IRETQ to where it comes from, which kernels use to serialize (SDM volume 2, "IRET/IRETD/IRETQ"). */
import { expect, test } from 'vitest';
import {
  type Bare,
  bareProcessor,
  CODE,
  enterLong,
  GDT,
  get,
  haltedIn,
  IDT,
  load,
  put,
  STACK_TOP,
} from '../support/bare-processor.js';

const CS = 1;
const SS = 2;

/** Pushes the frame of a return to the HLT behind it: mov eax, ss; push; lea rcx, [rsp+8]; push; pushf; mov eax, cs; … iretq. */
const TO_ITSELF = '8c d0 50 48 8d 4c 24 08 51 9c 8c c8 50 48 8d 15 03 00 00 00 52 48 cf f4';
const HLT = CODE + 23;

function run(before: (bare: Bare) => void, code = TO_ITSELF): Bare {
  const bare = bareProcessor();
  enterLong(bare.cpu);
  load(bare.cpu, CODE, code);
  before(bare);
  bare.cpu.run(1000);
  return bare;
}

const where = ({ cpu }: Bare): readonly bigint[] => [cpu.getRegister('rip'), cpu.getRegister('rsp')];

test('comes back with the same stack and segments', () => {
  const bare = run(() => {});
  expect(where(bare)).toEqual([BigInt(HLT + 1), BigInt(STACK_TOP)]);
  expect(bare.cpu.core.state.attributes(CS)).toBe(0xa09b);
});

test.each([
  ['code', CS, 8],
  ['stack', SS, 16],
] as const)('loads the %s descriptor that has changed since', (_name, segment, offset) => {
  let loaded = 0;
  const bare = run(({ cpu }) => {
    loaded = cpu.core.state.attributes(segment);
    // AVL, which means nothing to the processor.
    put(cpu, GDT + offset, 8, get(cpu, GDT + offset, 8) | (1n << 52n));
  });
  expect(where(bare)).toEqual([BigInt(HLT + 1), BigInt(STACK_TOP)]);
  expect(bare.cpu.core.state.attributes(segment)).toBe(loaded | 0x1000);
});

test('refuses a descriptor that has become absent: #NP for code, #SS for the stack', () => {
  for (const [offset, vector] of [
    [8, 11],
    [16, 12],
  ] as const) {
    const { cpu } = run(({ cpu: before }) => {
      // The gates lead to another code segment, at 18: a copy of the first.
      const code = get(before, GDT + 8, 8);
      put(before, GDT + 0x18, 8, code);
      for (const gate of [11, 12]) put(before, IDT + gate * 16 + 2, 2, 0x18n);
      put(before, GDT + offset, 8, get(before, GDT + offset, 8) & ~(1n << 47n));
    });
    expect([offset, haltedIn(cpu)]).toEqual([offset, vector]);
  }
});

test('refuses an address that is not canonical with #GP', () => {
  // lea rdx replaced by: mov rdx, 0x800000000000; push rdx; iretq
  const code = '8c d0 50 48 8d 4c 24 08 51 9c 8c c8 50 48 ba 00 00 00 00 00 80 00 00 52 48 cf f4';
  expect(haltedIn(run(() => {}, code).cpu)).toBe(13);
});
