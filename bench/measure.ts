/** Runs a command several times and says how long it took and how large it grew: wall time, processor time, peak RSS. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Measured {
  /** Seconds. */
  readonly wall: number;
  /** Seconds of the processor, user and system. */
  readonly cpu: number;
  /** Peak resident set in MiB. */
  readonly rss: number;
}

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** It is to fail, and how long that takes is what is asked. */
  readonly fails?: boolean;
}

const TIME = '/usr/bin/time';

/** What measured programs are given: no certificates that Node would read at each start, for 0.1 s. */
export function environmentFor({ env = {} }: Pick<Command, 'env'>): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _certificates, ...rest } = process.env;
  return { ...rest, ...env };
}

/** One run. Throws when the command fails, unless it is to: a figure for a failure would be a lie. */
export function measureOnce(command: Command): Measured {
  const { argv, fails = false } = command;
  if (!existsSync(TIME)) throw new Error(`${TIME} is needed (Debian's package "time")`);
  const folder = mkdtempSync(join(tmpdir(), 'memlapse-bench-'));
  const report = join(folder, 'time');
  try {
    const { status, stderr } = spawnSync(TIME, ['-o', report, '-f', '%e %U %S %M', ...argv], {
      env: environmentFor(command),
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    if ((status !== 0) !== fails) throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr.slice(-500)}`);
    const [wall = 0, user = 0, system = 0, kib = 0] = readFileSync(report, 'utf8')
      .trim()
      .split('\n')
      .at(-1)!
      .split(' ')
      .map(Number);
    return { wall, cpu: user + system, rss: kib / 1024 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The middle one of each figure. */
export function median(runs: readonly Measured[]): Measured {
  const middle = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return {
    wall: middle(runs.map(({ wall }) => wall)),
    cpu: middle(runs.map(({ cpu }) => cpu)),
    rss: middle(runs.map(({ rss }) => rss)),
  };
}

/** Runs pairs in turn, so that both meet the same machine; the median of each. */
export function measureInTurn(commands: readonly Command[], runs: number): Measured[] {
  const all: Measured[][] = commands.map(() => []);
  for (let run = 0; run < runs; run++) {
    commands.forEach((command, index) => {
      all[index]?.push(measureOnce(command));
    });
  }
  return all.map(median);
}
