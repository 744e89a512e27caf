/** The guest for the demonstration: made with apt, or an older one that is kept where apt cannot help. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { createDebianGuest } from './create-debian-guest.js';
import { type DebianArchitecture, guestFolder } from './debian-packages.js';

/** The path of its guest file. @throws UserError when there is none and none can be made */
export function demoGuest(architecture: DebianArchitecture, note: (text: string) => void): string {
  try {
    return createDebianGuest(architecture, note);
  } catch (error) {
    const kept = error instanceof UserError ? keptGuest(architecture) : undefined;
    if (kept === undefined) throw error;
    note(`${(error as UserError).message}; the guest made before is used`);
    return kept;
  }
}

function keptGuest(architecture: DebianArchitecture): string | undefined {
  const folder = guestFolder();
  if (!existsSync(folder)) return undefined;
  const made = readdirSync(folder).filter((name) => name.startsWith(`debian-${architecture}-`));
  return made.map((name) => join(folder, name, 'guest.json')).findLast(existsSync);
}
