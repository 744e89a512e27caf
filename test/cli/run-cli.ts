/**
 * Runs the command line as users do: a process of its own, built code, its own configuration and cache. Builds first when
 * dist is older than the sources.
 */
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { linuxGuest } from '../synthetic/linux-guest.js';

const ROOT = resolve(import.meta.dirname, '../..');
const BIN = join(ROOT, 'bin/run.js');

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder for one test file's images, configuration and output; remove it with `rmSync`. */
export function scratch(): string {
  return mkdtempSync(join(tmpdir(), 'memlapse-cli-'));
}

/** Writes the synthetic guest's memory and returns its path. */
export function writeGuest(folder: string): string {
  const path = join(folder, 'guest.raw');
  writeFileSync(path, linuxGuest(64));
  return path;
}

function environment(folder: string, more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { MEMLAPSE_CONFIG: _config, ...rest } = process.env;
  return { ...rest, HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder, XDG_DATA_HOME: folder, ...more };
}

/** `memlapse ARGS`, with `folder` for a home. */
export function memlapse(folder: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  return run(process.execPath, [BIN, ...args], environment(folder, more));
}

export interface CommandServer {
  /** `memlapse ARGS`, when those before it are done. A process that ends in the middle is an error. */
  memlapse(args: readonly string[]): Promise<Run>;
  close(): void;
}

/** Runs many commands in one process (command-server.mjs), for tests of what they say. */
export async function commandServer(
  folder: string,
  more: Readonly<Record<string, string>> = {},
): Promise<CommandServer> {
  const child = fork(join(import.meta.dirname, 'command-server.mjs'), [], {
    env: environment(folder, more),
    execArgv: [],
    stdio: 'inherit',
  });
  const answer = async (): Promise<unknown> => {
    const ended = new AbortController();
    const { signal } = ended;
    try {
      return await Promise.race([
        once(child, 'message', { signal }).then(([message]) => message),
        once(child, 'exit', { signal }).then(([code]) => {
          throw new Error(`the process of the commands ended with ${code}`);
        }),
      ]);
    } finally {
      ended.abort();
    }
  };
  let last: Promise<unknown> = answer();
  await last;
  return {
    memlapse(args) {
      const run = last.then(() => {
        const answered = answer();
        child.send(args);
        return answered as Promise<Run>;
      });
      last = run.catch(() => {});
      return run;
    },
    close: () => void child.kill(),
  };
}

/** How a shell calls `memlapse`, and in which environment. */
export function commandLine(folder: string, more: Readonly<Record<string, string>> = {}) {
  return { command: `'${process.execPath}' '${BIN}'`, env: environment(folder, more) };
}

/** A shell line in which `memlapse` is the command. */
export function shell(folder: string, line: string): Promise<Run> {
  const named = `memlapse() { '${process.execPath}' '${BIN}' "$@"; }; ${line}`;
  return run('bash', ['-c', named], environment(folder, {}));
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Run> {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => out.push(data));
    child.stderr.on('data', (data: Buffer) => err.push(data));
    child.on('error', failed);
    child.on('close', (code) =>
      done({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
  });
}

const newest = (folder: string): number =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);

const LOCK = join(ROOT, 'node_modules', '.cache');

/** No build takes so long. */
const ABANDONED_MS = 5 * 60_000;

/** Builds when dist is missing or older than src; test files that ask at once wait for one build. */
export async function ensureBuilt(): Promise<void> {
  const stamp = join(ROOT, 'dist', '.tested');
  const stale = () => (statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0) < newest(join(ROOT, 'src'));
  const lock = join(tmpdir(), `memlapse-build-${Buffer.from(LOCK).toString('base64url').slice(-40)}`);
  while (stale()) {
    try {
      mkdirSync(lock);
    } catch {
      // One that was killed in the middle leaves its lock.
      if ((statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) < Date.now() - ABANDONED_MS)
        rmSync(lock, { recursive: true, force: true });
      await sleep(200);
      continue;
    }
    try {
      if (!stale()) return;
      execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'pipe' });
      writeFileSync(stamp, '');
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
}
