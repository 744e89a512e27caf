/** The guests that were made and kept, and what a user's word for a guest means: the path of a file, or a name. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { UserError } from '../core/errors.js';
import { guestFolder } from './debian-packages.js';
import { type GuestFile, loadGuestFile } from './guest-file.js';

export interface KnownGuest {
  readonly path: string;
  readonly guest: GuestFile;
}

/** The file of a guest in its folder. */
const GUEST_FILE = 'guest.json';

/** Kept guests, the newest first. Files that are no guests are left out. */
export async function knownGuests(): Promise<KnownGuest[]> {
  if (!existsSync(guestFolder())) return [];
  const found: (KnownGuest & { readonly made: number })[] = [];
  for (const folder of readdirSync(guestFolder())) {
    const path = join(guestFolder(), folder, GUEST_FILE);
    if (folder.startsWith('.') || !existsSync(path)) continue;
    try {
      found.push({ path, guest: await loadGuestFile(path), made: statSync(path).mtimeMs });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return found.sort((a, b) => b.made - a.made).map(({ path, guest }) => ({ path, guest }));
}

/** The guest that `word` means. @throws UserError when it is neither a guest file nor the name of a kept guest */
export async function findGuest(word: string): Promise<KnownGuest> {
  if (isFile(word) || word.includes(sep)) return { path: word, guest: await loadGuestFile(word) };
  const known = await knownGuests();
  const found = known.find(({ guest }) => guest.name === word);
  if (found !== undefined) return found;
  const names = [...new Set(known.map(({ guest }) => guest.name))];
  throw new UserError(
    `there is no guest file and no guest '${word}'`,
    names.length === 0 ? 'make one with guest create' : `there are ${names.join(', ')}`,
  );
}

/** A folder that happens to be called like a guest is none. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}

/** Where a guest called `name` is kept. */
export function keptGuestPath(name: string): string {
  return join(guestFolder(), name, GUEST_FILE);
}
