/** Reads every record of a symbol file, so that what is wrong with it is found now and not in the middle of an analysis. */
import { UserError } from '../core/errors.js';
import type { IsfDocument } from '../profiles/isf/isf-document.js';
import { readIsf } from '../profiles/isf/read-isf.js';

const READERS: readonly (readonly [
  section: 'base_types' | 'user_types' | 'enums' | 'symbols',
  read: (document: IsfDocument, name: string) => unknown,
])[] = [
  ['base_types', (document, name) => document.baseType(name)],
  ['user_types', (document, name) => document.userType(name)],
  ['enums', (document, name) => document.enum(name)],
  ['symbols', (document, name) => document.symbol(name)],
];

/** The first thing that is wrong with the file, in one line; undefined when it is good. */
export function checkSymbolFile(path: string): string | undefined {
  try {
    const document = readIsf(path);
    for (const [section, read] of READERS) for (const name of document.names(section)) read(document, name);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
