// Runs conformance cases on the emulator, in the same setting as the host program gives them: a user-mode process with
// one code page and one data page, in 64-bit or compatibility mode. Exceptions arrive architecturally: every vector's
// handler is a HLT, and the frame on the kernel's stack says what happened.

import { CR4 } from '../../../src/emulator/cpu/control-bits.js';
import { createProcessor, type MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import { updateFpuTraps } from '../../../src/emulator/cpu/fpu-traps.js';
import type { CpuModel } from '../../../src/emulator/cpu/models.js';
import type { Bus } from '../../../src/emulator/cpu/processor.js';
import { stateAddress } from '../../../src/emulator/cpu/state-layout.js';
import { Jit } from '../../../src/emulator/jit/jit.js';
import type { ConformanceCase, Outcome } from './case.js';
import { CODE_BASE, DATA_BASE, HUNG_VECTOR, PAGE_BYTES, STATE_FX, WINDOW_BASE, WINDOW_BYTES } from './record.js';
import { StateImage } from './state-image.js';

/** Physical (and, for the supervisor part, virtual) addresses. */
const PML4 = 0x1000;
const PDPT = 0x2000;
const DIRECTORY = 0x3000;
const TABLE_KERNEL = 0x4000;
const TABLE_DATA = 0x5000;
const TABLE_CODE = 0x6000;
const GDT = 0x7000;
const TSS = 0x7800;
const IDT = 0x8000;
const STUBS = 0x9000;
const IRET = 0x9400;
const STACK_TOP = 0xb000;
const DATA_FRAME = 0x10000;
const CODE_FRAME = 0x11000;
const RAM_BYTES = 0x20000;

const KERNEL_CODE = 0x08;
const KERNEL_DATA = 0x10;
const USER_CODE_32 = 0x23;
const USER_DATA = 0x2b;
const USER_CODE_64 = 0x33;
const TASK = 0x40;

const PRESENT_WRITABLE = 3;
const USER = 4;
/** XCR0. */
const X87_AND_SSE = 3n;
const NO_EXECUTE = 1n << 63n;
const HAS_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17]);
const silentBus: Bus = {
  readPort: () => 0,
  writePort: () => {},
  readPhysical: () => 0,
  writePhysical: () => {},
  acknowledgeInterrupt: () => -1,
  randomWord: () => 0n,
  readMsr: () => undefined,
  writeMsr: () => false,
  readTaskPriority: () => 0,
  writeTaskPriority: () => {},
};

export class EmulatorCpu {
  readonly processor: MemlapseProcessor;
  /** A case is one instruction, or a few; more than this is a loop that will not end. */
  maxInstructions = 20_000;
  readonly #ram: DataView;

  /** In the 'jit' tier everything that can be translated is, before it runs for the first time. */
  constructor(tier: 'interpreter' | 'jit' = 'interpreter', model: CpuModel | string = 'memlapse64') {
    this.processor = createProcessor({ ramBytes: RAM_BYTES, bus: silentBus, model });
    const { core } = this.processor;
    if (tier === 'jit') {
      core.blocks.hotThreshold = 1;
      new Jit(core);
    }
    const { ram } = this.processor;
    this.#ram = new DataView(ram.buffer, ram.byteOffset, ram.length);
    this.#buildTables();
    this.#enterKernel();
  }

  run(cases: readonly ConformanceCase[]): Outcome[] {
    return cases.map((test) => this.#runCase(test));
  }

  #entry(address: number, value: bigint): void {
    this.#ram.setBigUint64(address, value, true);
  }

  #buildTables(): void {
    const link = (table: number, index: number, target: number, extra = 0n) =>
      this.#entry(table + index * 8, BigInt(target | PRESENT_WRITABLE | USER) | extra);
    link(PML4, 0, PDPT);
    link(PDPT, 0, DIRECTORY);
    link(DIRECTORY, 0, TABLE_KERNEL);
    link(DIRECTORY, DATA_BASE >> 21, TABLE_DATA);
    link(DIRECTORY, CODE_BASE >> 21, TABLE_CODE);
    for (let page = 1; page < RAM_BYTES / PAGE_BYTES; page++) {
      this.#entry(TABLE_KERNEL + page * 8, BigInt((page * PAGE_BYTES) | PRESENT_WRITABLE));
    }
    link(TABLE_DATA, 0, DATA_FRAME, NO_EXECUTE);
    link(TABLE_CODE, 0, CODE_FRAME);
    const segment = (selector: number, access: number, flags: number) =>
      this.#entry(
        GDT + (selector & ~7),
        (0xf_0000_0000_ffffn << 0n) | (BigInt(access) << 40n) | (BigInt(flags) << 52n),
      );
    segment(KERNEL_CODE, 0x9b, 0xa);
    segment(KERNEL_DATA, 0x93, 0xc);
    segment(USER_CODE_32, 0xfb, 0xc);
    segment(USER_DATA, 0xf3, 0xc);
    segment(USER_CODE_64, 0xfb, 0xa);
    this.#entry(GDT + TASK, 0x67n | (BigInt(TSS) << 16n) | (0x8bn << 40n));
    this.#ram.setBigUint64(TSS + 4, BigInt(STACK_TOP), true);
    for (let vector = 0; vector < 256; vector++) {
      const target = STUBS + vector;
      this.#ram.setUint8(target, 0xf4);
      this.#entry(IDT + vector * 16, BigInt(target) | (BigInt(KERNEL_CODE) << 16n) | (0xee00n << 32n));
    }
    this.#ram.setUint16(IRET, 0xcf48, true);
  }

  #enterKernel(): void {
    const { processor } = this;
    const hasXsave = processor.core.model.features.has('xsave');
    const cr4 = BigInt(CR4.PAE | CR4.OSFXSR | CR4.OSXMMEXCPT | (hasXsave ? CR4.OSXSAVE : 0));
    if (hasXsave) processor.setRegister('xcr0', X87_AND_SSE);
    // A case that had to be stopped left the processor in user mode.
    processor.setRegister('cpl', 0n);
    processor.enter({
      registers: { rip: BigInt(IRET), rflags: 2n },
      control: { cr3: BigInt(PML4), cr4, efer: 0xd00n, cr0: 0x8005_0033n },
      segments: {
        cs: { selector: KERNEL_CODE, base: 0n, limit: 0xffffffff, attributes: 0xa09b },
        ss: { selector: KERNEL_DATA, base: 0n, limit: 0xffffffff, attributes: 0xc093 },
        ds: { selector: USER_DATA, base: 0n, limit: 0xffffffff, attributes: 0xc0f3 },
        es: { selector: USER_DATA, base: 0n, limit: 0xffffffff, attributes: 0xc0f3 },
        tr: { selector: TASK, base: BigInt(TSS), limit: 0x67, attributes: 0x8b },
      },
      gdt: { base: BigInt(GDT), limit: TASK + 15 },
      idt: { base: BigInt(IDT), limit: 0xfff },
    });
    processor.noteWritten(0, RAM_BYTES);
  }

  #runCase(test: ConformanceCase): Outcome {
    const { processor } = this;
    const { state } = processor.core;
    this.#load(test);
    state.set('halted', 0);
    state.setWide('rip', BigInt(IRET));
    const reason = processor.run(processor.icount + this.maxInstructions);
    if (reason === 'triple-fault') throw new Error(`${test.name}: triple fault`);
    if (reason === 'halt') return this.#outcome();
    const hung: Outcome = { vector: HUNG_VECTOR, errorCode: 0, faultAddress: 0n, state: this.#stateNow() };
    this.#enterKernel();
    return hung;
  }

  #load({ mode, code, state: image }: ConformanceCase): void {
    const { processor } = this;
    const { state } = processor.core;
    const ram = processor.ram;
    const page = new Uint8Array(PAGE_BYTES).fill(0xcc);
    page.set(code, Number(image.rip) - CODE_BASE);
    const loaded = ram.subarray(CODE_FRAME, CODE_FRAME + PAGE_BYTES);
    // Cases that share their code share what is decoded and translated from it, unless one wrote to its page.
    if (Buffer.compare(page, loaded) !== 0) {
      loaded.set(page);
      processor.noteWritten(CODE_FRAME, PAGE_BYTES);
    }
    ram.set(image.window, DATA_FRAME + WINDOW_BASE - DATA_BASE);
    for (let i = 0; i < 16; i++) state.setGpr(i, image.gpr(i));
    state.setGpr(4, BigInt(STACK_TOP - 40));
    const selector = mode === 64 ? USER_CODE_64 : USER_CODE_32;
    [image.rip, BigInt(selector), BigInt(image.rflags), image.gpr(4), BigInt(USER_DATA)].forEach((value, i) => {
      this.#entry(STACK_TOP - 40 + i * 8, value);
    });
    state.setWide('cr2', 0n);
    const top = (image.fsw >> 11) & 7;
    state.set('fcw', image.fcw);
    state.set('fsw', image.fsw & ~0x3800);
    state.set('ftop', top);
    state.set('fempty', ~image.ftw & 0xff);
    state.set('mxcsr', image.mxcsr);
    for (const name of ['fpuIp', 'fpuDp']) state.setWide(name, 0n);
    for (const name of ['fpuCs', 'fpuDs', 'fpuOpcode']) state.set(name, 0);
    for (let i = 0; i < 8; i++) {
      const { significand, signExponent } = image.st(i);
      const at = stateAddress('fpr0') + ((top + i) & 7) * 16;
      state.view.setBigUint64(at, significand, true);
      state.view.setBigUint64(at + 8, BigInt(signExponent), true);
    }
    state.bytes.set(image.bytes.subarray(STATE_FX + 160, STATE_FX + 160 + 256), stateAddress('xmm0'));
    updateFpuTraps(state);
  }

  #outcome(): Outcome {
    const { state } = this.processor.core;
    const vector = Number(state.getWide('rip')) - 1 - STUBS;
    const frame = STACK_TOP - 40;
    const image = this.#stateNow();
    image.rip = this.#ram.getBigUint64(frame, true);
    image.rflags = this.#ram.getUint32(frame + 16, true);
    image.setGpr(4, this.#ram.getBigUint64(frame + 24, true));
    return {
      vector,
      errorCode: HAS_ERROR_CODE.has(vector) ? this.#ram.getUint32(frame - 8, true) : 0,
      faultAddress: vector === 14 ? state.getWide('cr2') : 0n,
      state: image,
    };
  }

  #stateNow(): StateImage {
    const { state } = this.processor.core;
    const image = new StateImage();
    for (let i = 0; i < 16; i++) image.setGpr(i, state.gpr(i));
    image.rip = state.getWide('rip');
    image.rflags = state.eflags;
    const top = state.get('ftop');
    image.fcw = state.get('fcw');
    image.fsw = state.get('fsw') | (top << 11);
    image.ftw = ~state.get('fempty') & 0xff;
    image.mxcsr = state.get('mxcsr');
    for (let i = 0; i < 8; i++) {
      const at = stateAddress('fpr0') + ((top + i) & 7) * 16;
      image.setSt(i, state.view.getUint16(at + 8, true), state.view.getBigUint64(at, true));
    }
    const xmm = stateAddress('xmm0');
    image.bytes.set(state.bytes.subarray(xmm, xmm + 256), STATE_FX + 160);
    image.window.set(this.processor.ram.subarray(DATA_FRAME + PAGE_BYTES - WINDOW_BYTES, DATA_FRAME + PAGE_BYTES));
    return image;
  }
}
