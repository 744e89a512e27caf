/** Where our text differs from objdump's, and why. Whatever is in no entry here is a defect. */
import type { CodeWidth } from '../../../src/emulator/disassembly/disassembled.js';
import type { Judged } from './objdump.js';

export interface Difference {
  readonly width: CodeWidth;
  readonly bytes: Uint8Array;
  readonly ours: string;
  readonly theirs: Judged;
}

interface Declared {
  readonly reason: string;
  readonly applies: (difference: Difference) => boolean;
}

const isPrefix = (byte: number): boolean =>
  [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3].includes(byte);
const isRex = (byte: number): boolean => (byte & 0xf0) === 0x40;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The position of the opcode, and whether a REX stands before something else than the opcode. */
function leading(bytes: Uint8Array): { opcode: number; lostRex: boolean } {
  let lostRex = false;
  let opcode = 0;
  for (; isPrefix(bytes[opcode] ?? 0) || isRex(bytes[opcode] ?? 0); opcode++) {
    const next = bytes[opcode + 1] ?? 0;
    // objdump takes FWAIT for a prefix, too.
    if (isRex(bytes[opcode] as number) && (isPrefix(next) || isRex(next) || next === 0x9b)) lostRex = true;
  }
  return { opcode, lostRex };
}

const opcodeOf = (bytes: Uint8Array): string => hex(bytes.subarray(leading(bytes).opcode));
const without = (text: string, word: string): string => text.replace(`${word} `, '');
const low16 = (text: string): string =>
  text.replace(/0x([0-9a-f]+)$/, (_, digits: string) => (Number.parseInt(digits, 16) & 0xffff).toString(16));

export const DECLARED: readonly Declared[] = [
  {
    reason:
      'a REX that does not stand last counts for nothing (SDM volume 2, 2.2.1); objdump makes it an instruction of its own',
    applies: ({ width, bytes }) => width === 64 && leading(bytes).lostRex,
  },
  {
    reason:
      'in 64-bit mode ES, CS, SS and DS overrides do nothing; objdump leaves them out before string instructions and XLAT',
    applies: ({ width, ours, theirs }) =>
      width === 64 && ['es', 'cs', 'ss', 'ds'].some((segment) => without(ours, segment) === theirs.text),
  },
  {
    reason: '66 cuts the target of a short branch to 16 bits (SDM volume 2, Jcc); objdump keeps the upper half',
    applies: ({ width, ours, theirs }) =>
      width === 32 && / data16 |^data16 /.test(ours) && low16(ours) === low16(theirs.text),
  },
  {
    reason: 'with 67, RIP-relative addresses are 32 bits wide (SDM volume 2, 2.2.1.6); objdump shows 64',
    applies: ({ ours, theirs }) => /eip/.test(ours) && ours.split(' # ')[0] === theirs.text.split(' # ')[0],
  },
  {
    reason: 'fences are decoded whatever ModRM.rm says (SDM volume 2, LFENCE), objdump knows only 0',
    applies: ({ bytes, theirs }) => /^0fae[ef]/.test(opcodeOf(bytes)) && theirs.text.includes('(bad)'),
  },
  {
    reason: 'the processor has neither MPX nor CLDEMOTE: 0F 1A to 0F 1C are hints without effect',
    applies: ({ bytes }) => /^0f1[abc]/.test(opcodeOf(bytes)),
  },
  {
    reason: "UD0 has no ModRM on AMD processors, like the model here; objdump shows Intel's",
    applies: ({ bytes }) => opcodeOf(bytes).startsWith('0fff'),
  },
  {
    reason: 'aliases of x87 instructions that processors execute and manuals leave out',
    applies: ({ bytes, theirs }) =>
      /^(dc[d]|ded[0-7]|ddc[89a-f]|dfc[89a-f]|dfd)/.test(opcodeOf(bytes)) && theirs.text.includes('(bad)'),
  },
  {
    reason: 'FNENI, FNDISI and FNSETPM do nothing since the 387; objdump adds a remark',
    applies: ({ ours, theirs }) => `${ours}(8087 only)` === theirs.text || `${ours}(287 only)` === theirs.text,
  },
  {
    reason: 'SALC (D6) is executed by processors and in no manual of its time',
    applies: ({ bytes, theirs }) => opcodeOf(bytes) === 'd6' && theirs.text.includes('(bad)'),
  },
  {
    reason: 'a prefix that selects another instruction where that exists and is ignored otherwise',
    applies: ({ bytes, ours, theirs }) =>
      /^0f(09|bc|bd|c7|b8|0[0-9a-f]|ae)/.test(opcodeOf(bytes)) &&
      /(data16|data32|repz|repnz) /.test(ours) &&
      /\(bad\)|wbnoinvd/.test(theirs.text),
  },
  {
    reason: '3E before an indirect branch is NOTRACK (SDM volume 1, 17.3.4); beside 66 objdump shows DS',
    applies: ({ ours, theirs }) => /notrack data16/.test(ours) && ours.replace('notrack', 'ds') === theirs.text,
  },
  {
    reason: 'hints of transactional memory (XACQUIRE, XRELEASE), which the tables do not know',
    applies: ({ ours, theirs }) => theirs.text.replace('xrelease', 'repz').replace('xacquire', 'repnz') === ours,
  },
  {
    reason: '66 does nothing beside REX.W; objdump leaves it out where some table of its own asks for it',
    applies: ({ width, bytes, ours, theirs }) =>
      width === 64 &&
      bytes.includes(0x66) &&
      (without(ours, 'data16').replace(/[DF]WORD/, 'WORD') === theirs.text.replace(/[DF]WORD/, 'WORD') ||
        without(without(ours, 'data16'), 'rex.W') === without(theirs.text, 'rex.W').replace(/^(rex\S*) /, '$1 ')),
  },
  {
    reason:
      '66 does nothing to MOVQ2DQ, CVTSI2SS, CRC32 r32, r/m8 and their like beside F2 and F3; objdump shows another operand',
    applies: ({ bytes }) =>
      bytes.includes(0x66) && (bytes.includes(0xf2) || bytes.includes(0xf3)) && opcodeOf(bytes).startsWith('0f'),
  },
  {
    reason: '66 beside REX.W and the x87 environment: the environment is 28 or 108 bytes',
    applies: ({ bytes, ours }) => bytes.includes(0x66) && /fnstenv|fldenv|fnsave|frstor/.test(ours),
  },
  {
    reason: 'F2 90 is a row of its own here (no XCHG, which would clear half a register)',
    applies: ({ bytes, ours, theirs }) => opcodeOf(bytes) === '90' && theirs.text.replace('repnz ', '') === ours,
  },
  {
    reason: '66 and REX.W before a store of SMSW: objdump names a prefix the more',
    applies: ({ ours, theirs }) => /smsw/.test(ours) && without(theirs.text, 'rex.W') === ours,
  },
];

export const declaredReason = (difference: Difference): string | undefined =>
  DECLARED.find(({ applies }) => applies(difference))?.reason;
