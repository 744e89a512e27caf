/**
 * Makes a compact symbol file that is shipped in profiles-data, from a whole one: of a Linux kernel without BTF, or of a
 * Windows kernel.
 *
 *     node --import tsx scripts/prune-profile.ts SYMBOLS OUTPUT
 *
 * SYMBOLS is what `memlapse profile build vmlinux System.map` (or dwarf2json) makes from the distribution's -dbg
 * package, or a public type table of a Windows build. Which names are kept says profiles-data/{linux,windows}/wanted.json;
 * all of it are facts about a kernel build.
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

const wantedOf = (os: string) => new URL(`../profiles-data/${os}/wanted.json`, import.meta.url);

/** The text of the compact file for the symbol file at `path`. */
export function pruneProfile(path: string): string {
  const document = readIsf(path);
  const profile = isfProfile(document);
  const wanted = JSON.parse(readFileSync(wantedOf(profile.os), 'utf8')) as Wanted;
  const symbols = wanted.symbols.flatMap((name) => {
    const address = profile.symbols.address(name);
    return address === undefined ? [] : [{ name, address }];
  });
  const { structs, enums } = wanted;
  const origin = { kind: 'dwarf', name: profile.release };
  const { windows } = document.metadata;
  return stringifyIsf(writeIsf(profile, { structs, enums, symbols, origin, ...(windows && { windows }) }));
}

const [, script, input, output] = process.argv;
if (script === fileURLToPath(import.meta.url) && input !== undefined && output !== undefined) {
  writeFileSync(output, pruneProfile(input));
}
