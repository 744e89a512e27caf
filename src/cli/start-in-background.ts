/** Makes the process behind `live start`: `live run` without a terminal, that outlives this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { UsageError, UserError } from '../core/errors.js';
import { openLog, runPaths } from '../live/control/run-folder.js';
import { openStore } from '../snapshots/store.js';
import { storeFolder } from '../snapshots/store-folder.js';
import { scheduleOf } from './live-flags.js';
import { defaultName, liveSource, readScript } from './live-source.js';
import type { LiveFlags } from './run-live.js';

/** Exit code of wrong usage: see main.ts. */
const USAGE = 2;

/**
 * Starts the guest with the arguments of the command that was given, and returns its name when it runs.
 * @throws UserError with what the process said when it could not begin
 */
export async function startInBackground(
  guest: string | undefined,
  flags: LiveFlags,
  argv: readonly string[],
): Promise<string> {
  // What is wrong with the command is better said here than through a log.
  scheduleOf(flags);
  if (flags.script !== undefined) readScript(flags.script);
  const folder = storeFolder(flags.store);
  const store = openStore(folder, { create: true });
  const name = flags.name ?? defaultName(await liveSource(store, guest, flags.from));
  await store.close();
  const log = openLog(folder, name);
  const script = process.argv[1] as string;
  const child = spawn(process.execPath, [...process.execArgv, script, 'live', 'run', ...argv, '--background'], {
    detached: true,
    stdio: ['ignore', 'ignore', log.descriptor, 'ipc'],
  });
  closeSync(log.descriptor);
  const code = await readyOrEnded(child);
  if (code === undefined) {
    renameSync(log.path, runPaths(folder, name).log);
    child.disconnect();
    child.unref();
    return name;
  }
  const text = readFileSync(log.path, 'utf8');
  rmSync(log.path);
  const said = lastRemark(text) ?? `the process ended with ${code}`;
  throw code === USAGE ? new UsageError(said) : new UserError(said);
}

/** The exit code, or undefined once the guest runs. */
function readyOrEnded(child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve(undefined));
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

const PREFIX = 'memlapse: ';

function lastRemark(log: string): string | undefined {
  return log
    .split('\n')
    .findLast((line) => line.startsWith(PREFIX))
    ?.slice(PREFIX.length);
}
