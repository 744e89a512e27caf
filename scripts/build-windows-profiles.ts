/**
 * Makes the type tables of NT kernels that are shipped in profiles-data/windows, from the sources that
 * profiles-data/windows/sources.json names:
 *
 *     git clone https://github.com/JPCERTCC/Windows-Symbol-Tables
 *     git clone https://github.com/volatilityfoundation/volatility
 *     node --import tsx scripts/build-windows-profiles.ts Windows-Symbol-Tables volatility [FAMILY …]
 *
 * FAMILY is one of `x64-19041`, `x86-2600`, …; default all. Which structures and symbols are kept says
 * profiles-data/windows/wanted.json. Takes some minutes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type AmendedTable, amendedBuilds } from './windows-profiles/amended-tables.js';
import { makeFamily, type SourceBuild, type Wanted } from './windows-profiles/family.js';
import { symbolTableBuilds } from './windows-profiles/symbol-tables.js';
import { type TypeTable, typeTableBuilds } from './windows-profiles/type-tables.js';

const FOLDER = new URL('../profiles-data/windows/', import.meta.url);

interface Source {
  readonly name: string;
  readonly url: string;
  readonly licence: string;
}

interface Sources {
  readonly symbolTables: Source;
  readonly typeTables: Source & { readonly builds: readonly TypeTable[] };
  readonly amendedTables: Source & { readonly builds: readonly AmendedTable[] };
}

const json = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as T;

function main([symbolTables, typeTables, ...only]: readonly string[]): void {
  if (symbolTables === undefined || typeTables === undefined) {
    throw new Error('usage: build-windows-profiles.ts WINDOWS-SYMBOL-TABLES VOLATILITY [FAMILY …]');
  }
  const wanted = json<Wanted>('wanted.json');
  const sources = json<Sources>('sources.json');
  const published = [
    ...typeTableBuilds(typeTables, sources.typeTables.builds),
    ...symbolTableBuilds(symbolTables).sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true })),
  ];
  const builds = [...published, ...amendedBuilds(sources.amendedTables.builds, published)];
  const families = new Map<string, SourceBuild[]>();
  for (const build of builds) families.set(build.family, [...(families.get(build.family) ?? []), build]);
  const named = ({ name, url, licence }: Source): Source => ({ name, url, licence });
  const amends = new Set(sources.amendedTables.builds.map(({ family }) => family));
  for (const [family, members] of families) {
    if (only.length > 0 && !only.includes(family)) continue;
    const source = [sources.symbolTables, amends.has(family) ? sources.amendedTables : sources.typeTables].map(named);
    const text = JSON.stringify(makeFamily(members, wanted, source));
    const packed = gzipSync(text, { level: 9 });
    writeFileSync(new URL(`${family}.json.gz`, FOLDER), packed);
    console.error(`${family}: ${members.length} builds, ${text.length} bytes, ${packed.length} packed`);
  }
  writeFileSync(new URL('builds.json', FOLDER), `${JSON.stringify(listOf(families), null, 1)}\n`);
}

/** Which file has which build: what is read first, so that the right file is opened. */
function listOf(families: ReadonlyMap<string, readonly SourceBuild[]>): object {
  return Object.fromEntries(
    [...families]
      .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .map(([family, builds]) => [
        family,
        builds.map(({ identity, version, remark }) => ({
          version,
          ...(remark && { remark }),
          ...(identity && { identity }),
        })),
      ]),
  );
}

main(process.argv.slice(2));
