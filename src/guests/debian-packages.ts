/**
 * Gets Debian packages with apt and unpacks them with dpkg, without installing anything and without being root.
 *
 * Downloads are kept in a folder of the user's cache.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';

export type DebianArchitecture = 'amd64' | 'i386';

/** Where packages and guests made from them are kept: MEMLAPSE_GUESTS, else under the user's cache folder. */
export function guestFolder(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return process.env.MEMLAPSE_GUESTS ?? join(cache, 'memlapse', 'guests');
}

function run(command: string, args: readonly string[], cwd?: string): { status: number | null; output: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...(cwd ? { cwd } : {}) });
  if (error !== undefined) {
    throw new UserError(`${command} cannot be run: ${error.message}`, 'guests are made on Debian and its relatives');
  }
  return { status, output: status === 0 ? stdout : `${stderr}${stdout}` };
}

let updated = false;

/**
 * Fetches the package lists once, where that is allowed: a fresh machine may have none. Whether another try is worth it:
 * also where apt says that it failed, because it fails as a whole when one mirror does.
 */
function updateLists(): boolean {
  if (updated || process.getuid?.() !== 0) return false;
  updated = true;
  run('apt-get', ['update', '-qq']);
  return true;
}

/** The versioned kernel package that `linux-image-ARCH` stands for. */
export function kernelPackage(meta: string, architecture: DebianArchitecture): string {
  const find = () =>
    /Depends: (linux-image-\d\S*?)(?::\w+)?\s/.exec(
      run('apt-cache', ['depends', `${meta}:${architecture}`]).output,
    )?.[1];
  const name = find() ?? (updateLists() ? find() : undefined);
  if (name !== undefined) return name;
  throw new UserError(
    `apt knows no ${meta} for ${architecture}`,
    architecture === 'amd64' ? 'run apt-get update' : 'run dpkg --add-architecture i386 and apt-get update',
  );
}

/** Downloads a package unless it is kept, and returns the path of the .deb file. */
export function downloadPackage(name: string, architecture: DebianArchitecture): string {
  const folder = join(guestFolder(), 'packages');
  mkdirSync(folder, { recursive: true });
  const kept = () =>
    readdirSync(folder).find((file) => file.startsWith(`${name}_`) && file.endsWith(`_${architecture}.deb`));
  const found = kept();
  if (found !== undefined) return join(folder, found);
  // apt writes where it stands; a folder of our own keeps a half download from looking whole.
  const partial = join(folder, `.${name}.${process.pid}`);
  mkdirSync(partial, { recursive: true });
  try {
    const download = () => run('apt-get', ['download', '-qq', `${name}:${architecture}`], partial);
    let result = download();
    if (result.status !== 0 && updateLists()) result = download();
    const file = readdirSync(partial).find((each) => each.endsWith('.deb'));
    if (result.status !== 0 || file === undefined) {
      const reason = result.output.trim().split('\n').at(-1) ?? '';
      throw new UserError(`apt cannot download ${name}: ${reason}`, 'check the network and run apt-get update');
    }
    renameSync(join(partial, file), join(folder, file));
    return join(folder, file);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** Unpacks a .deb file's tree below `target`. */
export function unpackPackage(deb: string, target: string): void {
  if (!existsSync(deb)) throw new UserError(`${deb} does not exist`);
  mkdirSync(target, { recursive: true });
  const { status, output } = run('dpkg-deb', ['--extract', deb, target]);
  if (status !== 0) throw new UserError(`${deb} cannot be unpacked: ${output.trim()}`, 'remove it and try again');
}
