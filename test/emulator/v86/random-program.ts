/** The generated part of a test program: descriptors, gates, page table entries and slots of code, from a seed. */
import type { Random } from '../conformance/random.js';

export const SLOTS = 60;
const WINDOW = 0x80_0000;
const WINDOW_PAGES = 64;
const LANDING = 0x10_0040;
/** Where slots of virtual-8086 mode run, and what lies behind them. */
const VIRTUAL_SEGMENT = 0x1000;
const VIRTUAL_LANDING = 0x40;
const RANDOM_SELECTORS = 32;
const FIRST_RANDOM_SELECTOR = 0x40;
const FIRST_RANDOM_GATE = 0x60;
const CODE_BYTES = 64;

export const MODES = ['ring 0', 'ring 3', 'virtual-8086'] as const;

export interface Slot {
  readonly mode: 0 | 1 | 2;
  readonly eflags: number;
  readonly cr0: number;
  readonly registers: readonly number[];
  readonly code: readonly number[];
}

export interface RandomProgram {
  readonly bytes: Uint8Array;
  readonly slots: readonly Slot[];
}

/** Access bytes of all kinds, base 0, with limits that hold the landing place or do not (SDM volume 3, 3.4.5 and 3.5). */
function descriptor(random: Random): readonly [number, number] {
  const privilege = random.below(4) << 5;
  const present = random.oneIn(5) ? 0 : 0x80;
  const kind = random.below(10);
  if (kind < 3) {
    // A call gate to the landing place.
    const type = random.pick([0x0c, 0x0c, 0x04]);
    const parameters = random.oneIn(3) ? random.below(4) : 0;
    const selector = random.pick([0x08, 0x08, 0x1b, FIRST_RANDOM_SELECTOR + random.below(RANDOM_SELECTORS) * 8]);
    return [
      (selector << 16) | (LANDING & 0xffff),
      (LANDING & 0xffff_0000) | ((present | privilege | type) << 8) | parameters,
    ];
  }
  if (kind === 3) {
    const system = random.pick([0, 1, 2, 3, 5, 8, 9, 10, 11, 13]);
    return [0x3000_0067, 0x0000_0010 | ((present | privilege | system) << 8)];
  }
  const type = 0x10 | (random.below(16) & ~1);
  // Code and data that expand up reach all memory.
  const upward = (type & 8) !== 0 || (type & 4) === 0;
  return [upward ? 0xffff : 0, (upward ? 0xcf_0000 : 0xc0_0000) | ((present | privilege | type) << 8)];
}

/** v86 stops at a gate that is none, or that leads to no code: these only differ in privilege and presence. */
function gate(random: Random): readonly [number, number] {
  const access = (random.oneIn(5) ? 0 : 0x80) | (random.below(4) << 5) | random.pick([0x0e, 0x0f]);
  return [(0x08 << 16) | (LANDING & 0xffff), (LANDING & 0xffff_0000) | (access << 8)];
}

const selector = (random: Random): number =>
  random.oneIn(6)
    ? random.pick([0, 3, 0x08, 0x0b, 0x10, 0x1b, 0x23, 0x28, 0x200, 0x204])
    : (FIRST_RANDOM_SELECTOR + random.below(RANDOM_SELECTORS) * 8) | random.below(4);

const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff];
const dword = (value: number): number[] => [...word(value), ...word(value >>> 16)];
const loadAx = (value: number, wide: boolean): number[] => (wide ? [0xb8, ...dword(value)] : [0xb8, ...word(value)]);

/** v86 stops altogether (a Rust panic) at an IRET whose selector would raise an exception, so none here does. */
const IRET_SELECTORS = [0x08, 0x1b] as const;

type Snippet = (random: Random, mode: Slot['mode']) => number[];

/** mov sreg, ax; DS, ES, FS, GS, and SS outside ring 0, where a broken stack would end everything. */
const loadSegment: Snippet = (random, mode) => {
  const register = random.pick(mode === 0 ? [0, 3, 4, 5] : [0, 2, 3, 4, 5]);
  const load = [...loadAx(selector(random), mode !== 2), 0x8e, 0xc0 | (register << 3)];
  const override = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65][register]!;
  return random.oneIn(2) ? load : [...load, override, 0x8b, mode === 2 ? 0x07 : 0x03];
};

const queryDescriptor: Snippet = (random, mode) => {
  const load = loadAx(selector(random), mode !== 2);
  const query = random.pick([
    [0x0f, 0x02, 0xd8],
    [0x0f, 0x03, 0xd8],
    [0x0f, 0x00, 0xe0],
    [0x0f, 0x00, 0xe8],
    [0x63, 0xc1],
  ]);
  return [...load, ...query, 0x9c, 0x5a]; // pushf; pop edx
};

const farTransfer: Snippet = (random, mode) => {
  const wide = mode !== 2;
  const [to, at] = wide ? [selector(random), LANDING] : [VIRTUAL_SEGMENT, VIRTUAL_LANDING];
  const pointer = [...(wide ? dword(at) : word(at & 0xffff)), ...word(to)];
  switch (random.below(4)) {
    case 0:
      return [0xea, ...pointer];
    case 1:
      return [0x9a, ...pointer];
    case 2: // push selector; push offset; retf
      return [0x68, ...(wide ? dword(to) : word(to)), 0x68, ...(wide ? dword(at) : word(at & 0xffff)), 0xcb];
    default: {
      // push flags; push selector; push offset; iret
      const flags = random.pick([0x2, 0x3002, 0x8d7]);
      const push = (value: number): number[] => [0x68, ...(wide ? dword(value) : word(value & 0xffff))];
      return [...push(flags), ...push(wide ? IRET_SELECTORS[mode as 0 | 1] : to), ...push(at), 0xcf];
    }
  }
};

const interrupt: Snippet = (random) => [
  0xcd,
  random.oneIn(8) ? random.pick([0, 6, 13, 14, 0x40]) : FIRST_RANDOM_GATE + random.below(16),
];

/** A read, a write or a read-modify-write of a random page of the window, across a page's end at times. */
const touchPage: Snippet = (random, mode) => {
  if (mode === 2) return [0x8b, 0x07]; // its addresses end below the window
  const address = WINDOW + random.below(WINDOW_PAGES - 1) * 0x1000 + random.pick([0, 0x10, 0xffc, 0xffd, 0xfff]);
  const load = [0xbb, ...dword(address)];
  const access = random.pick([
    [0x8b, 0x03], [0x89, 0x03], [0x01, 0x03], [0xff, 0x03], [0xff, 0x33], [0x8f, 0x03], [0x87, 0x03], [0x0f, 0xb1, 0x0b],
    [0x0f, 0xc7, 0x0b], [0xd9, 0x03], [0xdd, 0x1b], [0xff, 0xe3], [0x66, 0xa5], [0x0f, 0xab, 0x0b], [0xc8, 4, 0, 0],
  ]); // biome-ignore format: instructions
  return [...load, ...access];
};

const privileged: Snippet = (random, mode) => {
  const all: readonly (readonly number[])[] = [
    [0xfa], [0xfb, 0xfa], [0x9c, 0x58], [0x9c, 0x9d], [0x68, 0x02, 0x30, 0, 0, 0x9d], [0x0f, 0x06], [0x0f, 0x20, 0xc0],
    [0x0f, 0x20, 0xd0], [0x0f, 0x01, 0xe0], [0x0f, 0x00, 0xc8], [0xe4, 0x21], [0xec], [0xef], [0x66, 0xed], [0x6c],
    [0x0f, 0x08], [0x0f, 0x09], [0x0f, 0x01, 0x3b], [0x0f, 0x01, 0xf0], [0x0f, 0x00, 0xd0], [0x0f, 0x30],
  ]; // biome-ignore format: instructions
  const code = [...random.pick(all)];
  const harmful =
    code[1] === 0x30 ||
    code[0] === 0xef ||
    code[0] === 0x66 ||
    code[0] === 0xec ||
    code[0] === 0x6c ||
    code[0] === 0xe4;
  return mode === 0 && harmful ? [0x90] : code;
};

const exceptional: Snippet = (random) => [
  ...random.pick([
    [0xf7, 0xf1], [0xf7, 0xf9], [0xf6, 0xf1], [0xce], [0xcc], [0x0f, 0x0b], [0x62, 0x03], [0xd9, 0xe8], [0x9b], [0x0f, 0x77],
    [0x0f, 0x58, 0xc1], [0xd4, 0], [0xf0, 0x90], [0x8e, 0xc8], [0x8e, 0xf0], [0xc5, 0xc0], [0x0f, 0xff], [0xd9, 0x03],
  ]), // biome-ignore format: instructions
];

const stack: Snippet = (random, mode) => [
  ...random.pick([
    [0x60, 0x61], [0x06, 0x07], [0x1e, 0x0f, 0xa1], [0x16, 0x1f], [0x0e, 0x07], [0xc8, 8, 0, 0, 0xc9], [0x9c, 0x58], [0x54, 0x5c],
    mode === 0 ? [0x50] : [0xbc, 0xfe, 0xff, 0x7f, 0x00, 0x50],
  ]), // biome-ignore format: instructions
];

const SNIPPETS: readonly Snippet[] = [
  loadSegment, loadSegment, queryDescriptor, farTransfer, farTransfer, interrupt, touchPage, touchPage, privileged, exceptional, stack,
]; // biome-ignore format: a list

const MP = 2;
const EM = 4;
const TS = 8;
const WP = 0x1_0000;

function slot(random: Random): Slot {
  const mode = random.pick([0, 1, 1, 1, 2, 2] as const);
  const code: number[] = [];
  for (let i = 0; i <= random.below(3); i++) code.push(...random.pick(SNIPPETS)(random, mode));
  while (code.length < CODE_BYTES) code.push(0xcd, 0x40);
  const bit = (value: number): number => (random.oneIn(3) ? value : 0);
  return {
    mode,
    eflags: 2 | (random.below(4) << 12) | random.pick([0, 0x8d5, 0x8d5 & random.below(0x1000)]),
    cr0: bit(MP) | bit(EM) | bit(TS) | (random.oneIn(2) ? WP : 0),
    registers: Array.from(
      { length: 8 },
      () => random.pick([0, 1, 0xffff_ffff, 0x8000_0000, WINDOW + 0x80, random.u32()]) >>> 0,
    ),
    code: code.slice(0, CODE_BYTES),
  };
}

/** Present, writable, user, accessed and dirty bits at random, mapped one to one, some to another page. */
function pageEntry(random: Random, page: number): number {
  const target = random.oneIn(5) ? random.below(WINDOW_PAGES) : page;
  const bits = random.oneIn(5)
    ? random.below(0x80) & ~1
    : 1 | (random.below(4) << 1) | (random.oneIn(4) ? random.below(4) << 5 : 0);
  return (WINDOW + target * 0x1000) | bits;
}

export function randomProgram(random: Random): RandomProgram {
  const slots = Array.from({ length: SLOTS }, () => slot(random));
  const words = [
    SLOTS,
    ...Array.from({ length: RANDOM_SELECTORS }, () => descriptor(random)).flat(),
    ...Array.from({ length: 16 }, () => gate(random)).flat(),
    ...Array.from({ length: WINDOW_PAGES }, (_, page) => pageEntry(random, page)),
  ].flatMap(dword);
  const bytes = slots.flatMap(({ mode, eflags, cr0, registers, code }) => [
    ...[mode, eflags, cr0, 0, ...registers].flatMap(dword),
    ...code,
  ]);
  return { bytes: Uint8Array.from([...words, ...bytes]), slots };
}
