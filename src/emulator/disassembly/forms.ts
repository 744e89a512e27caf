/**
 * Where assembler text is not simply the row's mnemonic with the row's operands: AT&T names, operands that the row leaves
 * implicit, historical exceptions. A definition table; a row without an entry needs none.
 *
 * Keys are mnemonics, or opcodes as the row writes them, which win. In names, `a|b|c` chooses by operand size 2, 4 or 8
 * bytes, `a/b/c` by address size; `:rule` adds the suffix of that rule (`suffix-rules.ts`). Operands are in the notation of
 * SDM volume 2, appendix A.2 (X: DS:rSI, Y: ES:rDI).
 */

export interface Form {
  readonly att?: string;
  readonly intel?: string;
  readonly operands?: string;
  /** AT&T text has these operands in Intel's order. */
  readonly intelOrder?: boolean;
  /** Intel text: the size of the memory operand, where the row does not say it ('pair': two operands, 'far': with selector). */
  readonly pointer?: 'far' | 'pair' | 'oword' | 'word' | 'byte' | 'none';
}

const both = (name: string, operands?: string): Form => ({
  att: name,
  intel: name,
  ...(operands === undefined ? {} : { operands }),
});

/** AT&T text writes the size of an integer or floating-point memory operand behind x87 mnemonics. */
const X87_SIZED =
  'fadd fmul fcom fcomp fsub fsubr fdiv fdivr fld fst fstp fiadd fimul ficom ficomp fisub fisubr fidiv fidivr fild fist fistp fisttp';

/** AT&T text gives these no suffix although nothing else tells the size. */
const UNSIZED =
  'lldt ltr verr verw lmsw fldcw fnstcw fnstsw fbld fbstp ldmxcsr stmxcsr ' +
  'clflush clflushopt clwb prefetch prefetchw prefetchwt1 prefetchnta prefetcht0 prefetcht1 prefetcht2 cmpxchg8b';

const codes = (text: string, form: Form): Record<string, Form> =>
  Object.fromEntries(text.split(',').map((code) => [code, form]));

const words = (text: string, form: (name: string) => Form): Record<string, Form> =>
  Object.fromEntries(text.split(' ').map((name) => [name, form(name)]));

/**
 * The SVR4 assembler exchanged FSUB with FSUBR and FDIV with FDIVR where ST(i) is the destination; AT&T text still does
 * (GNU as manual, "AT&T Mnemonic versus Intel Mnemonic").
 */
const EXCHANGED: Record<string, Form> = {
  'dc e0+r': { att: 'fsub' },
  'dc e8+r': { att: 'fsubr' },
  'dc f0+r': { att: 'fdiv' },
  'dc f8+r': { att: 'fdivr' },
  'de e0+r': { att: 'fsubp' },
  'de e8+r': { att: 'fsubrp' },
  'de f0+r': { att: 'fdivp' },
  'de f8+r': { att: 'fdivrp' },
};

const SEGMENT_STACK: Record<string, Form> = Object.fromEntries(
  (
    [
      ['06', '07', 'ES'],
      ['0e', '', 'CS'],
      ['16', '17', 'SS'],
      ['1e', '1f', 'DS'],
      ['0f a0', '0f a1', 'FS'],
      ['0f a8', '0f a9', 'GS'],
    ] as const
  ).flatMap(([push, pop, segment]) => [
    [push, both('push:unusual', segment)],
    [pop, both('pop:unusual', segment)],
  ]),
);

export const FORMS: Readonly<Record<string, Form>> = {
  ...words(X87_SIZED, (name) => ({ att: `${name}:x87` })),
  ...words(UNSIZED, (name) => ({ att: name })),
  ...EXCHANGED,
  ...SEGMENT_STACK,

  cbw: { att: 'cbtw|cwtl|cltq', intel: 'cbw|cwde|cdqe' },
  cwd: { att: 'cwtd|cltd|cqto', intel: 'cwd|cdq|cqo' },
  '0f b6 /r': { att: 'movzb:always' },
  '0f b7 /r': { att: 'movzw:always' },
  '0f be /r': { att: 'movsb:always' },
  '0f bf /r': { att: 'movsw:always' },
  movsxd: { att: 'movsxd|movsxd|movslq' },

  movsb: { att: 'movsb', intel: 'movs', operands: 'Yb,Xb' },
  movs: { att: 'movs:always', operands: 'Yv,Xv' },
  cmpsb: { att: 'cmpsb', intel: 'cmps', operands: 'Xb,Yb' },
  cmps: { att: 'cmps:always', operands: 'Xv,Yv' },
  stosb: both('stos', 'Yb,AL'),
  stos: both('stos', 'Yv,rAX'),
  lodsb: both('lods', 'AL,Xb'),
  lods: both('lods', 'rAX,Xv'),
  scasb: both('scas', 'AL,Yb'),
  scas: both('scas', 'rAX,Yv'),
  insb: { att: 'insb', intel: 'ins', operands: 'Yb,DX' },
  ins: { att: 'insw|insl', operands: 'Yz,DX' },
  outsb: { att: 'outsb', intel: 'outs', operands: 'DX,Xb' },
  outs: { att: 'outsw|outsl', operands: 'DX,Xz' },
  xlat: both('xlat', 'B'),
  pblendvb: { operands: 'Vdq,Wdq,XMM0' },
  blendvps: { operands: 'Vps,Wps,XMM0' },
  blendvpd: { operands: 'Vpd,Wpd,XMM0' },

  push: both('push:unusual'),
  pop: both('pop:unusual'),
  pusha: both('pusha:unusual'),
  popa: both('popa:unusual'),
  pushf: both('pushf:unusual'),
  popf: both('popf:unusual'),
  leave: both('leave:unusual'),
  enter: { att: 'enter:unusual', intel: 'enter:unusual', intelOrder: true },
  ...words('sgdt sidt lgdt lidt', (name) => both(`${name}:legacy`)),
  ...words('sldt str smsw', (name) => ({ att: name, pointer: 'word' })),
  '8c /r': { pointer: 'word' },
  ...words('lar lsl', () => ({ operands: 'Gv,Ev', pointer: 'word' })),
  '8e /r': { operands: 'Sw,Ev', pointer: 'word' },
  call: both('call:unusual'),
  jmp: both('jmp:unusual'),
  eb: both('jmp'),
  ret: both('ret:unusual'),
  iret: both('iret:unusual'),
  retf: { att: 'lret:unusual', intel: 'retf:unusual' },
  ...words('sysret sysexit', (name) => both(`${name}:long`)),
  'jmp far': { att: 'ljmp:unusual', intel: 'jmp', pointer: 'far' },
  'call far': { att: 'lcall:unusual', intel: 'call', pointer: 'far' },
  bound: { intelOrder: true, pointer: 'pair' },
  ...words('les lds lss lfs lgs', () => ({ pointer: 'far' })),
  invlpg: { att: 'invlpg', pointer: 'byte' },
  ...words('fxsave fxrstor xsave xrstor', (name) => both(`${name}|${name}|${name}64`)),
  ...words('loop loope loopne', (name) => ({ att: `${name}:address` })),
  jrcxz: both('jcxz/jecxz/jrcxz'),
  movd: both('movd|movd|movq'),
  crc32: { att: 'crc32:memory' },
  cvtsi2ss: { att: 'cvtsi2ss:memory64' },
  cvtsi2sd: { att: 'cvtsi2sd:memory64' },
  ...codes('d8 d0+r,d8 d8+r,dc d0+r,dc d8+r,de d0+r,dd e0+r,dd e8+r', { operands: 'STi' }),
  ...words('fldenv fnstenv fnsave frstor', (name) => both(`${name}:environment`)),
  'np 0f d7 /r': { operands: 'Gy,Nq' },
  ...codes('66 0f d7 /r,66 0f 50 /r,np 0f 50 /r', { operands: 'Gy,Udq' }),
  ...words('pcmpestrm pcmpestri', (name) => both(`${name}|${name}|${name}q`)),
  lddqu: { pointer: 'none' },
  cmpxchg16b: { att: 'cmpxchg16b', pointer: 'oword' },
  'b8+r': both('mov|mov|movabs'),
  ...codes('a0,a1,a2,a3', { ...both('mov/mov/movabs'), pointer: 'none' }),
};
