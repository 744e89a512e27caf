/**
 * FXSAVE, FXRSTOR, XSAVE and XRSTOR: the x87 and SSE state in one area of memory (SDM volume 1, table 10-2 and chapter 13).
 * XCR0 knows these two components only, and of the forms there is the standard one: no XSAVEOPT, XSAVEC or XSAVES.
 */
import type { Value } from '../codegen/value.js';
import { CR0, CR4 } from '../cpu/control-bits.js';
import { stateAddress } from '../cpu/state-layout.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, row, type Semantics } from './row.js';
import { MXCSR_MASK } from './sse-move.js';
import { vectorConstant } from './vector.js';
import {
  ALL_EMPTY,
  INITIAL_CONTROL,
  NOT_AVAILABLE,
  refresh,
  setControlWord,
  setStatusWord,
  signExponentAt,
  significandAt,
  stackRegister,
  statusWord,
} from './x87-control.js';

const INVALID_OPCODE = 6;
const GENERAL_PROTECTION = 13;
const INITIAL_MXCSR = 0x1f80;

/** Offsets in the area. */
const OFFSET = { fip: 8, fdp: 16, mxcsr: 24, st: 32, xmm: 160, header: 512 } as const;
/** State components by their bits in XCR0. */
const COMPONENT = { x87: 1, sse: 2 } as const;

const xmmCount = (b: InstructionBuilder): number => (b.mode.codeSize === 8 ? 16 : 8);
const isWide = (b: InstructionBuilder): boolean => b.operandSize === 8;

// ---- saving ------------------------------------------------------------------------------------------------------

function saveX87(b: InstructionBuilder): void {
  const tags = b.xor(b.state('fempty'), b.i32(ALL_EMPTY));
  b.store(0, b.or(b.state('fcw'), b.shl(statusWord(b), b.i32(16))), 4, 0);
  b.store(0, b.or(tags, b.shl(b.state('fpuOpcode'), b.i32(16))), 4, 4);
  const pointer = (ip: string, cs: string): Value =>
    isWide(b) ? b.state(ip) : b.or(b.and(b.state(ip), b.i64(0xffffffff)), b.shl(b.widen(b.state(cs)), b.i64(32)));
  b.store(0, pointer('fpuIp', 'fpuCs'), 8, OFFSET.fip);
  b.store(0, pointer('fpuDp', 'fpuDs'), 8, OFFSET.fdp);
  for (let i = 0; i < 8; i++) {
    const at = stackRegister(b, i);
    b.store(0, significandAt(b, at), 8, OFFSET.st + i * 16);
    b.store(0, b.widen(signExponentAt(b, at)), 8, OFFSET.st + i * 16 + 8);
  }
}

function saveSse(b: InstructionBuilder): void {
  b.store(0, b.state('mxcsr'), 4, OFFSET.mxcsr);
  b.store(0, b.i32(MXCSR_MASK), 4, OFFSET.mxcsr + 4);
  for (let i = 0; i < xmmCount(b); i++) b.store(0, b.state(`xmm${i}`), 16, OFFSET.xmm + i * 16);
}

// ---- loading -----------------------------------------------------------------------------------------------------

/** A component in locals: `load` reads it from memory, `apply` makes it the processor's. Until then it is initial. */
interface Loading {
  readonly load: () => void;
  readonly apply: () => void;
}

function loadingX87(b: InstructionBuilder): Loading {
  const words = b.loopVariable(b.i64(INITIAL_CONTROL));
  const [ip, dp] = [b.loopVariable(b.i64(0)), b.loopVariable(b.i64(0))];
  const registers = Array.from({ length: 8 }, () => ({
    significand: b.loopVariable(b.i64(0)),
    signExponent: b.loopVariable(b.i32(0)),
  }));
  const load = (): void => {
    b.set(words, b.load(0, 'i64', 8, 0));
    b.set(ip, b.load(0, 'i64', 8, OFFSET.fip));
    b.set(dp, b.load(0, 'i64', 8, OFFSET.fdp));
    registers.forEach(({ significand, signExponent }, i) => {
      b.set(significand, b.load(0, 'i64', 8, OFFSET.st + i * 16));
      b.set(signExponent, b.load(0, 'i32', 2, OFFSET.st + i * 16 + 8));
    });
  };
  const field = (shift: number, mask: number): Value =>
    b.let(b.and(b.wrap(b.shrU(b.get(words), b.i64(shift))), b.i32(mask)));
  const apply = (): void => {
    setControlWord(b, field(0, 0xffff));
    setStatusWord(b, field(16, 0xffff));
    b.setState('fempty', b.xor(field(32, 0xff), b.i32(ALL_EMPTY)));
    b.setState('fpuOpcode', field(48, 0x7ff));
    b.setState('fpuIp', isWide(b) ? b.get(ip) : b.and(b.get(ip), b.i64(0xffffffff)));
    b.setState('fpuDp', isWide(b) ? b.get(dp) : b.and(b.get(dp), b.i64(0xffffffff)));
    if (!isWide(b)) {
      b.setState('fpuCs', b.wrap(b.and(b.shrU(b.get(ip), b.i64(32)), b.i64(0xffff))));
      b.setState('fpuDs', b.wrap(b.and(b.shrU(b.get(dp), b.i64(32)), b.i64(0xffff))));
    }
    registers.forEach(({ significand, signExponent }, i) => {
      const at = stackRegister(b, i);
      b.storeMemory(8, at, stateAddress('fpr0'), b.get(significand));
      b.storeMemory(4, at, stateAddress('fpr0') + 8, b.get(signExponent));
    });
    refresh(b);
  };
  return { load, apply };
}

function loadingSse(b: InstructionBuilder): Loading {
  const registers = Array.from({ length: xmmCount(b) }, () => b.loopVariable(vectorConstant(0n, 0n)));
  return {
    load: () => {
      registers.forEach((register, i) => {
        b.set(register, b.load(0, 'v128', 16, OFFSET.xmm + i * 16));
      });
    },
    apply: () => {
      registers.forEach((register, i) => {
        b.setState(`xmm${i}`, b.get(register));
      });
    },
  };
}

/** MXCSR as the area has it; reserved bits are #GP. */
function loadMxcsr(b: InstructionBuilder): Value {
  const mxcsr = b.load(0, 'i32', 4, OFFSET.mxcsr);
  b.raiseIf(b.and(mxcsr, b.i32(~MXCSR_MASK)), GENERAL_PROTECTION, 0);
  return mxcsr;
}

// ---- FXSAVE ------------------------------------------------------------------------------------------------------

function requireFxState(b: InstructionBuilder): void {
  b.if(b.eq(b.state('x87Trap'), b.i32(NOT_AVAILABLE)), () => b.raise(NOT_AVAILABLE));
  b.requireAligned(0, 16);
}

const fxsave: Semantics = (b) => {
  requireFxState(b);
  b.probeStore(0, 16, OFFSET.xmm + (xmmCount(b) - 1) * 16);
  saveX87(b);
  saveSse(b);
};

const fxrstor: Semantics = (b) => {
  requireFxState(b);
  const mxcsr = loadMxcsr(b);
  const parts = [loadingX87(b), loadingSse(b)];
  for (const { load } of parts) load();
  b.setState('mxcsr', mxcsr);
  for (const { apply } of parts) apply();
};

// ---- XSAVE -------------------------------------------------------------------------------------------------------

/** Checks what every XSAVE instruction checks, and answers which components it is about: XCR0 and EDX:EAX. */
function requestedComponents(b: InstructionBuilder): Value {
  b.raiseIf(b.eqz(b.and(b.state('cr4'), b.i32(CR4.OSXSAVE))), INVALID_OPCODE);
  b.raiseIf(b.and(b.state('cr0'), b.i32(CR0.TS)), NOT_AVAILABLE);
  b.requireAligned(0, 64);
  return b.let(b.and(b.state('xcr0'), b.gpr(0, 4)));
}

const has = (b: InstructionBuilder, components: Value, which: number): Value =>
  b.ne(b.and(components, b.i32(which)), b.i32(0));

/** Both components always count as in use: which ones are in their initial state is not tracked (SDM volume 1, 13.6). */
const xsave: Semantics = (b) => {
  const requested = requestedComponents(b);
  const before = b.load(0, 'i64', 8, OFFSET.header);
  b.probeStore(0, 8, OFFSET.header);
  b.if(has(b, requested, COMPONENT.x87), () => saveX87(b));
  b.if(has(b, requested, COMPONENT.sse), () => saveSse(b));
  b.store(0, b.or(before, b.widen(requested)), 8, OFFSET.header);
};

const xrstor: Semantics = (b) => {
  const requested = requestedComponents(b);
  const [saved, form, reserved] = [0, 8, 16].map((at) => b.load(0, 'i64', 8, OFFSET.header + at)) as [
    Value,
    Value,
    Value,
  ];
  const unknown = b.and(saved, b.xor(b.widen(b.state('xcr0')), b.i64(-1)));
  b.raiseIf(b.ne(b.or(b.or(form, reserved), unknown), b.i64(0)), GENERAL_PROTECTION, 0);
  const [x87, sse] = [loadingX87(b), loadingSse(b)];
  const mxcsr = b.loopVariable(b.i32(INITIAL_MXCSR));
  const present = b.let(b.and(requested, b.wrap(saved)));
  b.if(has(b, requested, COMPONENT.sse), () => b.set(mxcsr, loadMxcsr(b)));
  b.if(has(b, present, COMPONENT.x87), x87.load);
  b.if(has(b, present, COMPONENT.sse), sse.load);
  b.if(has(b, requested, COMPONENT.x87), x87.apply);
  b.if(has(b, requested, COMPONENT.sse), () => {
    b.setState('mxcsr', b.get(mxcsr));
    sse.apply();
  });
};

export const stateArea: Family = {
  name: 'state-area',
  rows: [
    row('np 0f ae /0', 'fxsave', 'Mm512', fxsave, { feature: 'fxsr', interpreterOnly: true }),
    row('np 0f ae /1', 'fxrstor', 'Mm512', fxrstor, { feature: 'fxsr', interpreterOnly: true }),
    row('np 0f ae /4', 'xsave', 'Mm576', xsave, { feature: 'xsave', interpreterOnly: true }),
    row('np 0f ae /5 mem', 'xrstor', 'Mm576', xrstor, { feature: 'xsave', interpreterOnly: true }),
  ],
};
