/**
 * Symbol paths as debuggers on Windows take them (`_NT_SYMBOL_PATH`): where program databases are looked for. Text only;
 * nothing is opened here.
 *
 *     SRV*C:\symbols*https://server/symbols     a folder that keeps what the server gives
 *     SRV*symbols                               a folder in the layout of a symbol server
 *     build\kernel                              a folder with the files themselves
 *     cache*symbols                             a folder that keeps what all behind it give
 *
 * Source: Microsoft, "Symbol path for Windows debuggers" and "SymStore" (learn.microsoft.com).
 */

import { UserError } from '../../core/errors.js';

/** One element: looked in from the first store to the last; a find is kept in the folders before. */
export interface SymbolSourceChain {
  /** `server`: name, identity and name again below it; `plain`: the file itself. */
  readonly layout: 'server' | 'plain';
  readonly stores: readonly SymbolStore[];
}

export type SymbolStore =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'server'; readonly url: string };

/** What identifies a database. */
export interface PdbIdentity {
  readonly name: string;
  /** 32 hex digits. */
  readonly guid: string;
  readonly age: number;
}

const HINT = "write it like 'SRV*FOLDER*https://server/symbols', several separated by ;";

/** Throws `UserError` when there is nothing in it, or an element is not understood. */
export function parseSymbolPath(text: string): SymbolSourceChain[] {
  const kept: SymbolStore[] = [];
  const chains: SymbolSourceChain[] = [];
  for (const element of text.split(';').map((one) => one.trim())) {
    if (element === '') continue;
    const [kind = '', ...places] = element.split('*');
    const stores = places.filter((place) => place !== '').map(storeOf);
    if (/^cache$/i.test(kind)) kept.push(...stores);
    else if (/^(?:srv|symsrv)$/i.test(kind)) {
      // `symsrv*symsrv.dll*…` names the program that asks, first.
      const named = /^symsrv$/i.test(kind) ? stores.slice(1) : stores;
      if (named.length === 0) throw new UserError(`the symbol path names no folder and no server in ${element}`, HINT);
      chains.push({ layout: 'server', stores: [...kept, ...named] });
    } else if (places.length === 0) {
      const store = storeOf(element);
      chains.push({
        layout: store.kind === 'server' ? 'server' : 'plain',
        stores: store.kind === 'server' ? [...kept, store] : [store],
      });
    } else throw new UserError(`the symbol path is not understood at ${element}`, HINT);
  }
  if (chains.length === 0) {
    if (kept.length === 0) throw new UserError('the symbol path is empty', HINT);
    chains.push({ layout: 'server', stores: kept });
  }
  return chains;
}

function storeOf(place: string): SymbolStore {
  return /^https?:\/\//i.test(place)
    ? { kind: 'server', url: place.replace(/\/+$/, '') }
    : { kind: 'folder', path: place };
}

/** Where a symbol server has the database: `ntkrnlmp.pdb/5278…8441/ntkrnlmp.pdb`. */
export function serverPath({ name, guid, age }: PdbIdentity): string {
  return `${name}/${guid.toUpperCase()}${age.toString(16).toUpperCase()}/${name}`;
}

/** The same for the packed file that servers may have instead: its last letter is `_`. */
export function packedPath(identity: PdbIdentity): string {
  return `${serverPath(identity).slice(0, -1)}_`;
}

const IDENTITY = /^([\w.-]+\.pdb)\/([0-9a-f]{32})-(\d{1,9})$/i;

/** `ntkrnlmp.pdb/5278…-1`, as `info` shows it; undefined when it is none. */
export function parseIdentity(text: string): PdbIdentity | undefined {
  const [, name, guid, age] = IDENTITY.exec(text) ?? [];
  return name === undefined || guid === undefined ? undefined : { name, guid: guid.toUpperCase(), age: Number(age) };
}
