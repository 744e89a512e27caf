/** Runs a test program in v86 and in the emulator, and reads what it left: the log of slots, tables, memory of the window. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planBoot } from '../../../src/emulator/machine/boot/plan-boot.js';
import { Machine } from '../../../src/emulator/machine/machine.js';
import { ENTRY_WORDS } from './slot-end.js';

export const MEMORY = 32 << 20;
const LOG = 0x40_0000;
const DONE = 0x600d_600d;
const MOST_INSTRUCTIONS = 50_000_000;

export interface Ended {
  readonly done: boolean;
  /** One entry a slot: ds, es, fs, gs, cr2, the registers, vector, error code and the frame. */
  readonly entries: readonly Uint32Array[];
  readonly tables: Uint8Array;
  readonly pageEntries: Uint8Array;
  readonly window: Uint8Array;
}

/** The harness as a flat binary; undefined without a compiler. */
export function assembleHarness(): Uint8Array | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'memlapse-v86-'));
  try {
    const source = new URL('harness.S', import.meta.url).pathname;
    const [object, binary] = [join(folder, 'harness.o'), join(folder, 'harness')];
    const assembled = spawnSync('gcc', ['-m32', '-c', source, '-o', object]);
    const linked = spawnSync('ld', [
      '-m',
      'elf_i386',
      '-e',
      'entry',
      '-Ttext=0x100000',
      '--oformat=binary',
      '-o',
      binary,
      object,
    ]);
    return assembled.status === 0 && linked.status === 0 ? new Uint8Array(readFileSync(binary)) : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function kernelOf(harness: Uint8Array, program: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([harness, program]));
}

export function readEnded(memory: (address: number, length: number) => Uint8Array): Ended {
  const word = (address: number): number => Buffer.from(memory(address, 4)).readUInt32LE(0);
  const done = word(LOG) === DONE;
  const end = done ? word(LOG + 4) : LOG + 64;
  const bytes = memory(LOG + 64, end - LOG - 64).slice();
  const words = new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
  return {
    done,
    entries: Array.from({ length: Math.floor(words.length / ENTRY_WORDS) }, (_, i) =>
      words.slice(i * ENTRY_WORDS, (i + 1) * ENTRY_WORDS),
    ),
    tables: memory(0x10_1000, 40 * 8).slice(),
    pageEntries: memory(0x30_1000 + 0x80_0000 / 1024, 64 * 4).slice(),
    window: memory(0x80_0000, 64 * 4096).slice(),
  };
}

export function runHere(kernel: Uint8Array, jit = true): Ended {
  const machine = new Machine({ ramBytes: MEMORY, cpu: 32, jit });
  machine.boot(planBoot({ kernel, commandLine: '', ramBytes: MEMORY, rsdp: machine.rsdp }, {}));
  machine.run({ icount: MOST_INSTRUCTIONS });
  return readEnded((address, length) => machine.processor.ram.subarray(address, address + length));
}

const BINARY = ['tables', 'pageEntries', 'window'] as const;

export function serialize(ended: Ended): string {
  const hex = BINARY.map((name) => [name, Buffer.from(ended[name]).toString('hex')]);
  return JSON.stringify({
    done: ended.done,
    entries: ended.entries.map((entry) => [...entry]),
    ...Object.fromEntries(hex),
  });
}

/** Is the package installed? */
export function hasV86(): boolean {
  try {
    createRequire(import.meta.url).resolve('v86');
    return true;
  } catch {
    return false;
  }
}

/** What v86 made of the program, or the line with which it gave up. */
export function runInV86(kernel: Uint8Array): Ended | string {
  const child = fileURLToPath(new URL('v86-process.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', child], {
    input: kernel,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) return stderr.split('\n').slice(0, 2).join(' ');
  const { done, entries, ...rest } = JSON.parse(stdout) as { done: boolean; entries: number[][] } & Record<
    string,
    string
  >;
  const bytes = Object.fromEntries(BINARY.map((name) => [name, Uint8Array.from(Buffer.from(rest[name] ?? '', 'hex'))]));
  return { done, entries: entries.map((entry) => Uint32Array.from(entry)), ...bytes } as unknown as Ended;
}
