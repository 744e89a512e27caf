/** The builds in a checkout of Windows-Symbol-Tables: whole symbol files, and the versions that its README gives them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isfProfile } from '../../src/profiles/isf/isf-profile.js';
import { readIsf } from '../../src/profiles/isf/read-isf.js';
import { type IsfFile, writeIsf } from '../../src/profiles/isf/write-isf.js';
import type { SourceBuild, Wanted } from './family.js';

/** `| 10.0.19041.804 | 5278aff8…1 | Win10 |`: the version, and GUID and age in one. */
const ROW = /^\|\s*(\d+\.\d+\.(\d+)\.\d+)\s*\|\s*([0-9A-Fa-f]{32})(\d)\s*\|/;
/** 18326 is a misprint of the README for 18362, which has the same updates. */
const CORRECTED: Readonly<Record<string, string>> = { '18326': '18362' };
const DATABASE = 'ntkrnlmp.pdb';

/** The builds of which there is a file, each once; their types are read when they are asked for. */
export function symbolTableBuilds(checkout: string): SourceBuild[] {
  const folder = join(checkout, 'symbols/windows', DATABASE);
  const files = new Set(existsSync(folder) ? readdirSync(folder) : []);
  const builds = new Map<string, SourceBuild>();
  for (const line of readFileSync(join(checkout, 'README.md'), 'utf8').split('\n')) {
    const [, version = '', number = '', digits = '', age] = ROW.exec(line) ?? [];
    const guid = digits.toUpperCase();
    const file = `${guid}-${age}.json.xz`;
    if (!files.has(file)) continue;
    const build = CORRECTED[number] ?? number;
    const identity = `${DATABASE}/${guid}-${age}`;
    builds.set(identity, {
      family: `x64-${build}`,
      identity,
      version: version.replace(number, build),
      read: (wanted) => pruned(join(folder, file), wanted),
    });
  }
  return [...builds.values()];
}

function pruned(path: string, { structs, enums, symbols }: Wanted): IsfFile {
  const document = readIsf(path);
  const profile = isfProfile(document);
  const kept = symbols.flatMap((name) => {
    const address = profile.symbols.address(name);
    return address === undefined ? [] : [{ name, address }];
  });
  return writeIsf(profile, { structs, enums, symbols: kept, windows: document.metadata.windows ?? {} });
}
