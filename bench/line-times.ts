/**
 * How long a guest took from line to line of its console, by the host's clocks: guests measure with their own, which
 * in a deterministic emulator counts instructions.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Command, environmentFor } from './measure.js';

/** Clock ticks a second in /proc/PID/stat (USER_HZ, always 100 on x86). */
const TICKS = 100;

/** Seconds of the processor that a process has used so far, all its threads. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/**
 * Runs a command; for each line `BENCH name …` on its standard output, the processor seconds since the line before.
 * @throws when the command fails.
 */
export function benchTimes(command: Command): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  const [program = '', ...args] = command.argv;
  const child = spawn(program, args, { env: environmentFor(command), stdio: ['ignore', 'pipe', 'ignore'] });
  const { pid = 0 } = child;
  let last = 0;
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length === 0) return;
    const now = cpuOf(pid);
    for (const line of lines) {
      const name = /^BENCH (\S+) /.exec(line)?.[1];
      if (name !== undefined) times.set(name, now - last);
      last = now;
    }
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code !== 0) reject(new Error(`${program} ${args.join(' ')} ended with ${code}`));
      else resolve(times);
    });
  });
}
