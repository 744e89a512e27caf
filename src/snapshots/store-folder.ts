/** Where the snapshot store lies unless the caller says: `MEMLAPSE_STORE`, else the user's data folder. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** @param named what `--store` said */
export function storeFolder(named?: string, environment: NodeJS.ProcessEnv = process.env): string {
  const { MEMLAPSE_STORE, XDG_DATA_HOME, LOCALAPPDATA } = environment;
  const asked = named ?? MEMLAPSE_STORE;
  if (asked !== undefined && asked !== '') return asked;
  // The same folder as oclif's dataDir, which programs that use the library have no oclif to ask for.
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'memlapse', 'store');
  return join(XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'memlapse', 'store');
}
