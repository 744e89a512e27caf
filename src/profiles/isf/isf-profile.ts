/** A symbol file as a whole `Profile`, at link-time addresses: for showing, checking and converting it. */
import type { Profile } from '../types.js';
import type { IsfDocument } from './isf-document.js';
import { IsfSymbols } from './isf-symbols.js';
import { IsfTypeSource } from './isf-type-source.js';

export function isfProfile(document: IsfDocument): Profile {
  const types = new IsfTypeSource(document);
  const banner = isfBanner(document);
  return {
    os: document.metadata.windows === undefined ? 'linux' : 'windows',
    pointerSize: types.pointerSize,
    banner,
    release: /^Linux version (\S+)/.exec(banner)?.[1] ?? '',
    types,
    symbols: new IsfSymbols(document, 0n, 0n),
    sources: [
      `types: ${document.name} (${document.count('user_types')} types)`,
      `symbols: ${document.name} (${document.count('symbols')} symbols)`,
    ],
  };
}

/** The build that a symbol file is for: a Linux banner, or `pdb/GUID-age`; empty when it doesn't say. */
export function isfBanner(document: IsfDocument): string {
  const pdb = (document.metadata.windows as { pdb?: { database?: unknown; GUID?: unknown; age?: unknown } } | undefined)
    ?.pdb;
  if (pdb !== undefined) return `${pdb.database}/${pdb.GUID}-${pdb.age}`;
  const data = document.symbol('linux_banner')?.constant_data;
  if (data === undefined) return '';
  return (
    Buffer.from(data, 'base64')
      .toString('latin1')
      .split(/[\n\0]/, 1)[0] ?? ''
  );
}
