/**
 * Makes the compact symbol file of a kernel without BTF that is shipped in profiles-data/linux, from a whole one.
 *
 *     node --import tsx scripts/prune-profile.ts SYMBOLS OUTPUT
 *
 * SYMBOLS is what `memlapse profile build vmlinux System.map` (or dwarf2json) makes from the distribution's -dbg
 * package. Which names are kept says profiles-data/linux/wanted.json; all of it are facts about a kernel build.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isfProfile } from '../src/profiles/isf/isf-profile.js';
import { readIsf } from '../src/profiles/isf/read-isf.js';
import { stringifyIsf, writeIsf } from '../src/profiles/isf/write-isf.js';

interface Wanted {
  readonly structs: readonly string[];
  readonly enums: readonly string[];
  readonly symbols: readonly string[];
}

const WANTED = new URL('../profiles-data/linux/wanted.json', import.meta.url);

/** The text of the compact file for the symbol file at `path`. */
export function pruneProfile(path: string): string {
  const wanted = JSON.parse(readFileSync(WANTED, 'utf8')) as Wanted;
  const profile = isfProfile(readIsf(path));
  const symbols = wanted.symbols.flatMap((name) => {
    const address = profile.symbols.address(name);
    return address === undefined ? [] : [{ name, address }];
  });
  const { structs, enums } = wanted;
  const origin = { kind: 'dwarf', name: profile.release };
  return stringifyIsf(writeIsf(profile, { structs, enums, symbols, origin }));
}

const [, script, input, output] = process.argv;
if (script === fileURLToPath(import.meta.url) && input !== undefined && output !== undefined) {
  writeFileSync(output, pruneProfile(input));
}
