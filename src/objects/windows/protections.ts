/** Page protections by name: as VADs keep them, and as programs ask for them. Source: winnt.h (PAGE_…), mm's 5 bits. */

const BASE = [
  'NOACCESS',
  'READONLY',
  'EXECUTE',
  'EXECUTE_READ',
  'READWRITE',
  'WRITECOPY',
  'EXECUTE_READWRITE',
  'EXECUTE_WRITECOPY',
] as const;
/** Bits 3 and 4 of a VAD's protection. */
const MODIFIERS = ['', '|NOCACHE', '|GUARD', '|WRITECOMBINE'] as const;

/** The five bits of a VAD: `READWRITE`, `READWRITE|GUARD`. */
export function vadProtection(value: number): string {
  return `${BASE[value & 7]}${MODIFIERS[(value >> 3) & 3]}`;
}

const PAGE_CONSTANTS: readonly (readonly [number, string])[] = [
  [0x01, 'NOACCESS'],
  [0x02, 'READONLY'],
  [0x04, 'READWRITE'],
  [0x08, 'WRITECOPY'],
  [0x10, 'EXECUTE'],
  [0x20, 'EXECUTE_READ'],
  [0x40, 'EXECUTE_READWRITE'],
  [0x80, 'EXECUTE_WRITECOPY'],
  [0x100, 'GUARD'],
  [0x200, 'NOCACHE'],
  [0x400, 'WRITECOMBINE'],
];

/** A value of the PAGE_… constants in the same spelling; undefined when there is none of them in it. */
export function pageProtection(value: number | undefined): string | undefined {
  if (value === undefined) return undefined;
  const names = PAGE_CONSTANTS.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? undefined : names.join('|');
}
