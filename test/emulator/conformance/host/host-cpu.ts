// Compiles host-cpu.c when first needed and runs batches of cases on the host's processor. The judge of the
// conformance suite; it knows nothing of the emulator.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConformanceCase, decodeOutcomes, encodeCases, type Outcome } from '../case.js';
import { CODE_BASE, HARNESS_DEFINES, RESULT_BYTES } from '../record.js';
import { StateImage } from '../state-image.js';

export interface HostCpu {
  /** CPUID vendor and model name as the operating system reports them. */
  readonly name: string;
  /** The feature words of /proc/cpuinfo. */
  readonly features: ReadonlySet<string>;
  /** Whether 32-bit cases can run (the kernel may have compatibility mode switched off). */
  readonly runs32Bit: boolean;
  /** Runs every case; the outcomes are in the same order. Throws when the program itself fails. */
  run(cases: readonly ConformanceCase[]): Outcome[];
}

const BATCH = 8192;
let cached: HostCpu | string | undefined;

/** The host's processor as a judge, or a sentence saying why it cannot be one here. */
export function openHostCpu(): HostCpu | string {
  cached ??= open();
  return cached;
}

function open(): HostCpu | string {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the host is not x86-64 Linux';
  const source = new URL('host-cpu.c', import.meta.url).pathname;
  const defines = Object.entries(HARNESS_DEFINES).map(([name, value]) => `-D${name}=${value}L`);
  // One program for all test workers, named by what it was made from.
  const digest = createHash('sha256').update(readFileSync(source)).update(defines.join()).digest('hex').slice(0, 16);
  const program = join(tmpdir(), `memlapse-host-cpu-${digest}`);
  if (!existsSync(program)) {
    const fresh = `${program}.${process.pid}`;
    const compiler = spawnSync('gcc', ['-O2', '-Wall', '-Wextra', ...defines, source, '-o', fresh], {
      encoding: 'utf8',
    });
    if (compiler.error) return 'gcc is not installed, so nothing can be run on the host processor';
    if (compiler.status !== 0) throw new Error(`gcc could not compile host-cpu.c:\n${compiler.stderr}`);
    renameSync(fresh, program);
  }
  const info = readFileSync('/proc/cpuinfo', 'utf8');
  const run = (cases: readonly ConformanceCase[]) => runBatches(program, cases);
  return {
    name: /^model name\s*:\s*(.*)$/m.exec(info)?.[1] ?? 'unknown processor',
    features: new Set(/^flags\s*:\s*(.*)$/m.exec(info)?.[1]?.split(' ') ?? []),
    runs32Bit: runsCompatibilityMode(run),
    run,
  };
}

function runBatches(program: string, cases: readonly ConformanceCase[]): Outcome[] {
  const outcomes: Outcome[] = [];
  for (let start = 0; start < cases.length; start += BATCH) {
    const batch = cases.slice(start, start + BATCH);
    const result = spawnSync(program, [], {
      input: encodeCases(batch),
      maxBuffer: BATCH * RESULT_BYTES + 1,
    });
    // No limit of wall time: the program limits its own processor time, and a busy or stopped machine is no hang.
    if (result.error) throw result.error;
    if (result.status !== 0) {
      throw new Error(`host-cpu ended with ${result.signal ?? result.status}: ${result.stderr.toString()}`);
    }
    for (const outcome of decodeOutcomes(result.stdout, batch.length)) outcomes.push(outcome);
  }
  return outcomes;
}

/** In compatibility mode 48 is DEC EAX; in 64-bit mode it would be a prefix of the 90 behind it. */
function runsCompatibilityMode(run: HostCpu['run']): boolean {
  const state = StateImage.initial();
  state.setGpr(0, 5n);
  try {
    const [outcome] = run([{ name: 'dec eax', mode: 32, code: Uint8Array.of(0x48, 0x90), state }]);
    return outcome?.vector === 3 && outcome.state.gpr(0) === 4n && outcome.state.rip === BigInt(CODE_BASE + 3);
  } catch {
    return false;
  }
}
