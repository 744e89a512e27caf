/**
 * Flags that nobody sees are not computed, all others are: what replaces a part of the flags, then something between, then
 * what replaces all. Both tiers must end in the same state, which has everything in it that was read of the flags.
 */
import { expect, test } from 'vitest';
import type { MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import { bareProcessor, bytes, CODE, DATA, enterLong, load, pageEntry, put } from '../support/bare-processor.js';
import { digest } from '../support/digest.js';
import { countedLoop, registers } from '../support/random-loop.js';

/** Instructions on EAX, EDX and ESI that replace some flags, or all of them for some counts. */
const PARTIAL: Readonly<Record<string, string>> = {
  'ror eax,7': 'c1 c8 07',
  'rol dx,3': '66 c1 c2 03',
  'ror al,cl': 'd2 c8',
  'inc eax': 'ff c0',
  'dec dl': 'fe ca',
  'bt eax,ecx': '0f a3 c8',
  'btr edx,5': '0f ba f2 05',
  'shl eax,cl': 'd3 e0',
  'sar esi,0': 'c1 fe 00',
  'rcl eax,1': 'd1 d0',
};

/** What may stand between: it reads flags, reads or writes memory, or does neither. */
const BETWEEN: Readonly<Record<string, string>> = {
  nothing: '',
  'mov esi,eax': '89 c6',
  'lea esi,[rbx+4]': '8d 73 04',
  'setb al': '0f 92 c0',
  'seto al': '0f 90 c0',
  'cmovs esi,edx': '0f 48 f2',
  'adc edx,esi': '11 f2',
  'pushfq; pop rax': '9c 58',
  lahf: '9f',
  'rcr edx,1': 'd1 da',
  'cmc; setc al': 'f5 0f 92 c0',
  'shl esi,0; setb al': 'c1 e6 00 0f 92 c0',
  'jnz +2; mov esi,edx': '75 02 89 d6',
  'mov esi,[rbx]': '8b 33',
  'mov [rbx+8],eax': '89 43 08',
};

/** add r8d,eax; add r9d,edx; add r10d,esi: nothing that was read is lost. */
const COLLECT = '41 01 c0 41 01 d1 41 01 f2';
/** xor, test, imul, shr, and add from memory. */
const REPLACE: readonly string[] = ['31 d0', '85 c9', '0f af c2', 'c1 ea 03', '03 03'];

function loop(between: string): string {
  const body = REPLACE.flatMap((replace) =>
    Object.values(PARTIAL).map((partial) => `${partial} ${between} ${replace} ${COLLECT}`),
  );
  return countedLoop(bytes(body.join(' ')));
}

/** Runs the loop hot, then may take its data away, and runs to the end or the fault. */
function run(cpu: MemlapseProcessor, code: string, takeAway: boolean): string {
  enterLong(cpu);
  registers(cpu, 5);
  load(cpu, CODE, code);
  cpu.run(6000);
  if (takeAway) {
    // At its beginning: the region is entered, and finds them gone in its middle.
    while (Number(cpu.getRegister('rip')) !== CODE) cpu.run(cpu.icount + 1);
    put(cpu, pageEntry(DATA), 8, 0n);
    cpu.setRegister('cr3', cpu.getRegister('cr3'));
  }
  cpu.run(100_000);
  return digest(cpu);
}

test.each(Object.entries(BETWEEN))('%s, before what replaces all', (_name, between) => {
  for (const takeAway of [false, true]) {
    const translated = bareProcessor({ hot: 2 }).cpu;
    const code = loop(between);
    const result = run(translated, code, takeAway);
    expect(translated.jitStatistics?.compiled).toBeGreaterThan(0);
    expect(result).toBe(run(bareProcessor().cpu, code, takeAway));
  }
});
