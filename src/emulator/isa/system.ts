/**
 * System instructions: segment and system registers, descriptor tables, MSRs, CPUID, cache and TLB control. Nearly all
 * are host helpers (`cpu/host-helpers.ts`), because they work on the whole state. Far transfers are in far-control.ts,
 * ports in port-io.ts.
 */
import type { Value } from '../codegen/value.js';
import { CR4 } from '../cpu/control-bits.js';
import { SEGMENT_BYTES, SEGMENT_OFFSETS, segmentAddress } from '../cpu/state-layout.js';
import { continuingHelper, helper, number, producer, SEQUENTIAL, which, wide } from './helper-rows.js';
import { type InstructionBuilder, SEGMENT } from './instruction-builder.js';
import { type Family, type Row, type RowOptions, row, type Semantics } from './row.js';

const GENERAL_PROTECTION = 13;

/** MOV to a segment register; SS also holds off interrupts for one instruction. */
const loadSegment = continuingHelper('loadSegment', (b) => [which(b, 0), b.widen(b.resize(b.read(1), 2))]);

const storeSegment: Semantics = (b) => {
  const at = b.mul(b.registerAddress(1), b.i32(SEGMENT_BYTES));
  const selector = b.let(b.loadMemory('i32', 4, at, segmentAddress(0) + SEGMENT_OFFSETS.selector));
  b.write(0, b.resize(selector, b.size(0)));
};

const loadFarInto =
  (segment: number): Semantics =>
  (b) => {
    const size = b.operandSize;
    const offset = b.load(1, size === 8 ? 'i64' : 'i32', size);
    const selector = b.load(1, 'i32', 2, size);
    b.host('loadSegment', number(b, segment), b.widen(selector));
    b.write(0, offset);
    b.endBlock(false);
  };

const popSegment =
  (segment: number): Semantics =>
  (b) => {
    const value = b.top(b.operandSize);
    b.host('loadSegment', number(b, segment), b.and(b.widen(value), b.i64(0xffff)));
    b.adjustStack(b.operandSize);
    b.endBlock(false);
  };

const pushSegment =
  (segment: number): Semantics =>
  (b) => {
    b.push(b.resize(b.segmentField(segment, SEGMENT_OFFSETS.selector), b.operandSize), b.operandSize);
  };

const readTable =
  (which: 'gdt' | 'idt'): Semantics =>
  (b) => {
    b.host('requireUmip');
    const base = b.state(`${which}Base`);
    b.store(0, b.state(`${which}Limit`), 2);
    if (b.mode.codeSize === 8) b.store(0, base, 8, 2);
    else b.store(0, b.wrap(base), 4, 2);
  };

const loadTable =
  (which: 'gdt' | 'idt'): Semantics =>
  (b) => {
    b.host('requireRing0');
    const limit = b.load(0, 'i32', 2);
    const bytes = b.mode.codeSize === 8 ? 8 : 4;
    const base = b.widen(b.load(0, bytes === 8 ? 'i64' : 'i32', bytes, 2));
    const kept = b.let(b.operandSize === 2 && bytes === 4 ? b.and(base, b.i64(0xffffff)) : base);
    if (bytes === 8) b.requireCanonical(kept);
    b.setState(`${which}Base`, kept);
    b.setState(`${which}Limit`, limit);
  };

/** SMSW, SLDT and STR: 16 bits to memory, the operand size to a register; CR4.UMIP keeps them from CPL 3. */
function unprivileged(code: string, name: string, value: string, args: (b: InstructionBuilder) => Value[]): Row[] {
  const run: Semantics = (b) => {
    b.host('requireUmip');
    producer(value, args)(b);
  };
  return [row(`${code} mem`, name, 'Ew', run, SEQUENTIAL), row(code, name, 'Ev', run, SEQUENTIAL)];
}

/** RDTSC: time is the instruction count, so no helper is needed; CR4.TSD forbids it to programs. */
const readTimestamp: Semantics = (b) => {
  const forbidden = b.and(b.and(b.state('cr4'), b.i32(CR4.TSD)), b.sub(b.i32(0), b.state('cpl')));
  b.raiseIf(forbidden, GENERAL_PROTECTION, 0);
  const value = b.let(b.add(b.add(b.instructionCount(), b.state('idleTicks')), b.state('tscOffset')));
  b.setGpr(0, 4, b.wrap(value));
  b.setGpr(2, 4, b.wrap(b.shrU(value, b.i64(32))));
};

/** SWAPGS: twice a system call, so no helper. */
const swapGs: Semantics = (b) => {
  b.raiseIf(b.state('cpl'), GENERAL_PROTECTION, 0);
  const base = b.segmentField(SEGMENT.gs, SEGMENT_OFFSETS.base);
  b.storeMemory(8, b.i32(0), segmentAddress(SEGMENT.gs) + SEGMENT_OFFSETS.base, b.state('kernelGsBase'));
  b.setState('kernelGsBase', base);
};

/** For ring 0 only. */
const PRIVILEGED: RowOptions = { ...SEQUENTIAL, classes: ['privileged'] };
const legacy: RowOptions = { ...SEQUENTIAL, mode: 'legacy' };

export const system: Family = {
  name: 'system',
  rows: [
    row('8e /r', 'mov', 'Sw,Ew', loadSegment, SEQUENTIAL),
    row('8c /r mem', 'mov', 'Ew,Sw', storeSegment),
    row('8c /r', 'mov', 'Ev,Sw', storeSegment),
    row('06', 'push', '', pushSegment(0), { mode: 'legacy' }),
    row('0e', 'push', '', pushSegment(1), { mode: 'legacy' }),
    row('16', 'push', '', pushSegment(2), { mode: 'legacy' }),
    row('1e', 'push', '', pushSegment(3), { mode: 'legacy' }),
    row('0f a0', 'push', '', pushSegment(4), { wide: 'default' }),
    row('0f a8', 'push', '', pushSegment(5), { wide: 'default' }),
    row('07', 'pop', '', popSegment(0), legacy),
    row('17', 'pop', '', popSegment(2), legacy),
    row('1f', 'pop', '', popSegment(3), legacy),
    row('0f a1', 'pop', '', popSegment(4), { ...SEQUENTIAL, wide: 'default' }),
    row('0f a9', 'pop', '', popSegment(5), { ...SEQUENTIAL, wide: 'default' }),
    row('c4 /r', 'les', 'Gv,M', loadFarInto(0), legacy),
    row('c5 /r', 'lds', 'Gv,M', loadFarInto(3), legacy),
    row('0f b2 /r', 'lss', 'Gv,M', loadFarInto(2), SEQUENTIAL),
    row('0f b4 /r', 'lfs', 'Gv,M', loadFarInto(4), SEQUENTIAL),
    row('0f b5 /r', 'lgs', 'Gv,M', loadFarInto(5), SEQUENTIAL),
    row('0f 01 /0', 'sgdt', 'M', readTable('gdt'), { interpreterOnly: true }),
    row('0f 01 /1', 'sidt', 'M', readTable('idt'), { interpreterOnly: true }),
    row('0f 01 /2', 'lgdt', 'M', loadTable('gdt'), { interpreterOnly: true, classes: ['privileged'] }),
    row('0f 01 /3', 'lidt', 'M', loadTable('idt'), { interpreterOnly: true, classes: ['privileged'] }),
    ...unprivileged('0f 01 /4', 'smsw', 'readMachineStatus', () => []),
    row(
      '0f 01 /6',
      'lmsw',
      'Ew',
      helper('loadMachineStatus', (b) => [wide(b, 0)]),
      PRIVILEGED,
    ),
    row(
      '0f 01 /7',
      'invlpg',
      'M',
      continuingHelper('invalidatePage', (b) => [b.addressForInvalidation(0)]),
      PRIVILEGED,
    ),
    row('0f 01 f8', 'swapgs', '', swapGs, { mode: '64', classes: ['privileged'] }),
    row(
      '0f 01 f9',
      'rdtscp',
      '',
      (b) => {
        readTimestamp(b);
        b.setGpr(1, 4, b.wrap(b.state('tscAux')));
      },
      { feature: 'rdtscp' },
    ),
    row(
      '0f 01 d0',
      'xgetbv',
      '',
      (b) => {
        b.host('readExtendedControl', b.widen(b.gpr(1, 4)));
        const value = b.state('result0');
        b.setGpr(0, 4, b.wrap(value));
        b.setGpr(2, 4, b.i32(0));
      },
      { interpreterOnly: true, feature: 'xsave' },
    ),
    row(
      '0f 01 d1',
      'xsetbv',
      '',
      helper('writeExtendedControl', (b) => [
        b.widen(b.gpr(1, 4)),
        b.or(b.shl(b.widen(b.gpr(2, 4)), b.i64(32)), b.widen(b.gpr(0, 4))),
      ]),
      { ...PRIVILEGED, feature: 'xsave' },
    ),
    row(
      '0f 01 ca',
      'clac',
      '',
      helper('setAccessFlag', (b) => [number(b, 0)]),
      { ...PRIVILEGED, feature: 'smap' },
    ),
    row(
      '0f 01 cb',
      'stac',
      '',
      helper('setAccessFlag', (b) => [number(b, 1)]),
      { ...PRIVILEGED, feature: 'smap' },
    ),
    ...unprivileged('0f 00 /0', 'sldt', 'readSegment', (b) => [number(b, 6)]),
    ...unprivileged('0f 00 /1', 'str', 'readSegment', (b) => [number(b, 7)]),
    row(
      '0f 00 /2',
      'lldt',
      'Ew',
      helper('loadLocalTable', (b) => [wide(b, 0)]),
      PRIVILEGED,
    ),
    row(
      '0f 00 /3',
      'ltr',
      'Ew',
      helper('loadTask', (b) => [wide(b, 0)]),
      PRIVILEGED,
    ),
    row(
      '0f 00 /4',
      'verr',
      'Ew',
      continuingHelper('verifySegment', (b) => [wide(b, 0), number(b, 0)]),
      SEQUENTIAL,
    ),
    row(
      '0f 00 /5',
      'verw',
      'Ew',
      continuingHelper('verifySegment', (b) => [wide(b, 0), number(b, 1)]),
      SEQUENTIAL,
    ),
    row('0f 02 /r', 'lar', 'Gv,Ew', (b) => describeSegment(b, 'readAccessRights'), SEQUENTIAL),
    row('0f 03 /r', 'lsl', 'Gv,Ew', (b) => describeSegment(b, 'readSegmentLimit'), SEQUENTIAL),
    row(
      '63 /r',
      'arpl',
      'Ew,Gw',
      (b) => {
        b.host('requireProtected');
        const source = b.let(b.and(b.read(1), b.i32(3)));
        const raised = b.temp('i32');
        b.update(0, (old) => {
          b.set(raised, b.ltU(b.and(old, b.i32(3)), source));
          return b.let(b.select(b.get(raised), b.or(b.and(old, b.i32(0xfffc)), source), old));
        });
        const kept = b.let(b.and(b.statusFlags(), b.i32(~0x40)));
        b.setStatusFlags(b.let(b.or(kept, b.shl(b.get(raised), b.i32(6)))));
      },
      { mode: 'legacy', interpreterOnly: true },
    ),

    row(
      '0f 20 /r',
      'mov',
      'Ry,Cd',
      (b) => {
        b.host('readControl', which(b, 1));
        b.write(0, b.resize(b.state('result0'), b.size(0)));
      },
      { interpreterOnly: true, classes: ['privileged'], wide: 'force', ignoresMod: true },
    ),
    row(
      '0f 22 /r',
      'mov',
      'Cd,Ry',
      helper('writeControl', (b) => [which(b, 0), wide(b, 1)]),
      { ...PRIVILEGED, wide: 'force', ignoresMod: true },
    ),
    row(
      '0f 21 /r',
      'mov',
      'Ry,Dd',
      (b) => {
        b.host('readDebug', which(b, 1));
        b.write(0, b.resize(b.state('result0'), b.size(0)));
      },
      { interpreterOnly: true, classes: ['privileged'], wide: 'force', ignoresMod: true },
    ),
    row(
      '0f 23 /r',
      'mov',
      'Dd,Ry',
      helper('writeDebug', (b) => [which(b, 0), wide(b, 1)]),
      { ...PRIVILEGED, wide: 'force', ignoresMod: true },
    ),
    row('0f 06', 'clts', '', continuingHelper('clearTaskSwitched'), PRIVILEGED),
    row('0f 08', 'invd', '', helper('requireRing0'), PRIVILEGED),
    row('0f 09', 'wbinvd', '', helper('requireRing0'), PRIVILEGED),
    row('0f 30', 'wrmsr', '', helper('writeMsr'), PRIVILEGED),
    row('0f 32', 'rdmsr', '', continuingHelper('readMsr'), PRIVILEGED),
    row('0f 31', 'rdtsc', '', readTimestamp, { feature: 'tsc' }),
    row('0f a2', 'cpuid', '', (b) => b.host('identify'), { interpreterOnly: true }),
    row('f4', 'hlt', '', helper('halt'), PRIVILEGED),
    row('f3 90', 'pause', '', () => {}),
    row('9b', 'fwait', '', (b) => b.host('waitFpu'), { interpreterOnly: true, feature: 'fpu' }),
    row('0f 0b', 'ud2', '', (b) => b.raise(6), { ends: true }),
    row('0f b9 /r', 'ud1', 'Gv,Ev', (b) => b.raise(6), { ends: true }),
    row('0f ff', 'ud0', '', (b) => b.raise(6), { ends: true }),
    row('62 /r', 'bound', 'Gv,M', (b) => checkBounds(b), { mode: 'legacy' }),

    row('0f c7 /6 mod3', 'rdrand', 'Rv', (b) => random(b), { interpreterOnly: true, feature: 'rdrand' }),
    row('0f c7 /7 mod3', 'rdseed', 'Rv', (b) => random(b), { interpreterOnly: true, feature: 'rdseed' }),
    row(
      'f3 0f ae /0 mod3',
      'rdfsbase',
      'Ry',
      producer('readSegmentBase', (b) => [number(b, 4)]),
      FSGS(),
    ),
    row(
      'f3 0f ae /1 mod3',
      'rdgsbase',
      'Ry',
      producer('readSegmentBase', (b) => [number(b, 5)]),
      FSGS(),
    ),
    row(
      'f3 0f ae /2 mod3',
      'wrfsbase',
      'Ry',
      continuingHelper('writeSegmentBase', (b) => [number(b, 4), wide(b, 0)]),
      FSGS(),
    ),
    row(
      'f3 0f ae /3 mod3',
      'wrgsbase',
      'Ry',
      continuingHelper('writeSegmentBase', (b) => [number(b, 5), wide(b, 0)]),
      FSGS(),
    ),
  ],
};

function FSGS(): RowOptions {
  return { ...SEQUENTIAL, mode: '64', feature: 'fsgsbase' };
}

/** LAR / LSL: ZF says whether the selector is visible; only then is the register written. */
function describeSegment(b: InstructionBuilder, name: string): void {
  b.host(name, b.and(wide(b, 1), b.i64(0xffff)));
  const found = b.let(b.wrap(b.state('result1')));
  const kept = b.let(b.and(b.statusFlags(), b.i32(~0x40)));
  b.setStatusFlags(b.let(b.or(kept, b.shl(found, b.i32(6)))));
  b.if(found, () => b.write(0, b.resize(b.state('result0'), b.size(0))));
  b.endBlock(false);
}

/** RDRAND and RDSEED: CF = 1, the other status flags 0; the value comes from the input port of the machine. */
function random(b: InstructionBuilder): void {
  b.host('randomWord');
  b.setStatusFlags(b.i32(1));
  b.write(0, b.resize(b.state('result0'), b.size(0)));
}

const BOUND_RANGE = 5;

function checkBounds(b: InstructionBuilder): void {
  const size = b.operandSize;
  const signed = (value: Value): Value => b.signExtend(value, size);
  const index = b.let(signed(b.read(0)));
  const low = signed(b.load(1, 'i32', size));
  const high = signed(b.load(1, 'i32', size, size));
  b.raiseIf(b.or(b.compare('ltS', index, low), b.compare('gtS', index, high)), BOUND_RANGE);
}
