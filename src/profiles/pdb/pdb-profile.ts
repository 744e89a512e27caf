/** A program database as a whole `Profile`, at addresses that count from the image's base. */
import type { ByteSource } from '../../formats/byte-source.js';
import type { IdRecords } from '../../formats/pdb/id-records.js';
import { readPdb } from '../../formats/pdb/pdb-file.js';
import { SymbolList } from '../symbol-list.js';
import type { Profile } from '../types.js';
import { PdbTypes } from './pdb-types.js';

export interface PdbProfile extends Profile {
  /** What the metadata of a symbol file say about it. */
  readonly windows: { readonly pdb: object };
}

/** Throws `UserError` when the file is no program database or damaged. */
export function pdbProfile(source: ByteSource): PdbProfile {
  const { guid, age, machine, types: records, ids, symbols } = readPdb(source);
  const types = new PdbTypes({ types: records, machine });
  const database = source.name.slice(Math.max(source.name.lastIndexOf('/'), source.name.lastIndexOf('\\')) + 1);
  const named = symbols.map(({ name, rva }) => ({
    name: machine.pointerSize === 4 ? undecorated(name) : name,
    address: BigInt(rva),
  }));
  return {
    os: 'windows',
    pointerSize: machine.pointerSize,
    banner: `${database}/${guid}-${age}`,
    release: '',
    types,
    symbols: new SymbolList(named),
    sources: [
      `types: ${source.name} (${[...types.structNames()].length} structures)`,
      `symbols: ${source.name} (${named.length} symbols)`,
      ...idSources(source.name, ids),
    ],
    windows: { pdb: { GUID: guid, age, database, machine_type: machine.number } },
  };
}

/** How much of the database's id records there is: functions with their types, and where types were declared. */
function idSources(name: string, ids: IdRecords | undefined): string[] {
  const kinds = [...(ids?.all() ?? [])].map(([, { kind }]) => kind);
  const count = (...wanted: string[]) => kinds.filter((kind) => wanted.includes(kind)).length;
  if (kinds.length === 0) return [];
  return [`ids: ${name} (${count('function', 'method')} functions, ${count('declaration')} places of declarations)`];
}

/** C names as 32-bit compilers decorate them: `_name`, `_name@8` (stdcall), `@name@8` (fastcall). */
function undecorated(name: string): string {
  const [, plain] = /^[_@](\w+?)(?:@\d+)?$/.exec(name) ?? [];
  return plain ?? name;
}
