/** How a slot ended: one entry of the harness's log, by name. */

const NAMES = [
  'ds', 'es', 'fs', 'gs', 'cr2', 'edi', 'esi', 'ebp', 'esp', 'ebx', 'edx', 'ecx', 'eax', 'vector', 'error', 'eip', 'cs', 'eflags',
  'outerEsp', 'outerSs', 'virtualEs', 'virtualDs', 'virtualFs', 'virtualGs',
] as const; // biome-ignore format: a list

export type SlotEnd = Readonly<Record<(typeof NAMES)[number], number>>;

const PAGE_FAULT = 14;
const OUTER = new Set(['outerEsp', 'outerSs']);

export const ENTRY_WORDS = NAMES.length;

export function slotEnd(words: Uint32Array): SlotEnd {
  return Object.fromEntries(NAMES.map((name, i) => [name, words[i] ?? 0])) as SlotEnd;
}

/** Faults store RF as 1 (SDM volume 3, 17.3.1.1); v86 never does. */
const RF = 0x1_0000;

/** What differs, as text. The stack beyond a frame counts where the frame has it, CR2 after a page fault. */
export function differences(here: SlotEnd, there: SlotEnd): string[] {
  const virtual = (here.eflags & 0x2_0000) !== 0;
  const outer = virtual || (here.cs & 3) !== 0;
  return NAMES.flatMap((name) => {
    if (here[name] === there[name] || (name === 'eflags' && ((here[name] ^ there[name]) & ~RF) === 0)) return [];
    if (name === 'cr2' && here.vector !== PAGE_FAULT && there.vector !== PAGE_FAULT) return [];
    if ((OUTER.has(name) && !outer) || (name.startsWith('virtual') && !virtual)) return [];
    return [`${name} ${here[name].toString(16)} (v86: ${there[name].toString(16)})`];
  });
}
