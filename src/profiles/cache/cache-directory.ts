/** Where the cache lies: `MEMLAPSE_CACHE`, else the user's cache directory as each system has it. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Absolute path of the cache directory; undefined when `MEMLAPSE_CACHE` is empty, which turns the cache off. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { MEMLAPSE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = environment;
  if (MEMLAPSE_CACHE !== undefined) return MEMLAPSE_CACHE === '' ? undefined : MEMLAPSE_CACHE;
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'memlapse', 'Cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'memlapse');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'memlapse');
}
