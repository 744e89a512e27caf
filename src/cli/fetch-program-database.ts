/** Gets a program database from the places that a symbol path names: folders first, then servers, in its order. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../core/errors.js';
import { isCabinet } from '../formats/pdb/cabinet.js';
import { isPdb } from '../formats/pdb/msf.js';
import {
  type PdbIdentity,
  packedPath,
  parseSymbolPath,
  type SymbolSourceChain,
  type SymbolStore,
  serverPath,
} from '../profiles/pdb/symbol-path.js';

/** Larger than the database of any kernel. */
const MAX_BYTES = 256 * 1024 * 1024;
const TIMEOUT_MS = 120_000;
/** What symbol servers expect of those who ask; some refuse others. */
const AGENT = 'Microsoft-Symbol-Server/10.0.0.0';

export interface FoundDatabase {
  readonly path: string;
  /** Where it came from, for people. */
  readonly origin: string;
}

/**
 * The path of the database, which was there or has been put there.
 * @param folder where it is put when the symbol path has no folder of its own
 * @throws UserError when it is nowhere, with what each place said
 */
export async function fetchProgramDatabase(
  identity: PdbIdentity,
  symbolPath: string,
  folder: string,
): Promise<FoundDatabase> {
  const said: string[] = [];
  for (const chain of parseSymbolPath(symbolPath)) {
    const found = await lookIn(chain, identity, folder, said);
    if (found !== undefined) return found;
  }
  throw new UserError(
    `${serverPath(identity)} was not found: ${said.join('; ')}`,
    'check the symbol path, or get the file by other means and give it to `memlapse profile build`',
  );
}

async function lookIn(
  { layout, stores }: SymbolSourceChain,
  identity: PdbIdentity,
  folder: string,
  said: string[],
): Promise<FoundDatabase | undefined> {
  for (const [index, store] of stores.entries()) {
    if (store.kind === 'folder') {
      const path = join(store.path, layout === 'plain' ? identity.name : serverPath(identity));
      if (existsSync(path)) return { path, origin: store.path };
      const packed = join(store.path, packedPath(identity));
      said.push(existsSync(packed) ? `${packed} is packed, unpack it with \`cabextract\`` : `not in ${store.path}`);
      continue;
    }
    const bytes = await download(store.url, identity, said);
    if (bytes === undefined) continue;
    const kept = stores.slice(0, index).find((one): one is SymbolStore & { kind: 'folder' } => one.kind === 'folder');
    const path = kept === undefined ? join(folder, identity.name) : join(kept.path, serverPath(identity));
    keep(path, bytes);
    return { path, origin: store.url };
  }
  return undefined;
}

async function download(url: string, identity: PdbIdentity, said: string[]): Promise<Buffer | undefined> {
  const address = `${url}/${serverPath(identity)}`;
  const failed = (reason: string) => {
    said.push(`${url} ${reason}`);
    return undefined;
  };
  try {
    const answer = await fetch(address, { headers: { 'user-agent': AGENT }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) return failed(`answered ${answer.status} ${answer.statusText}`.trimEnd());
    const bytes = await bodyOf(answer);
    if (bytes === undefined) return failed(`sends more than ${MAX_BYTES} bytes`);
    if (isCabinet(bytes)) return failed('has it as a cabinet only, which is not unpacked');
    return isPdb(bytes) ? bytes : failed('sent something that is no program database');
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { message?: string; code?: string } };
    return failed(`cannot be asked: ${cause?.code ?? cause?.message ?? message}`);
  }
}

/** What the server sends; undefined when it does not end in time. */
async function bodyOf(answer: Response): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    parts.push(part);
    length += part.length;
    if (length > MAX_BYTES) return undefined;
  }
  return Buffer.concat(parts);
}

/** Under its name only when it is whole. */
function keep(path: string, bytes: Buffer): void {
  const partial = `${path}.${process.pid}.partial`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(partial, bytes);
    renameSync(partial, path);
  } catch (error) {
    throw new UserError(
      `${path} cannot be written: ${(error as Error).message}`,
      'name a folder that can be written to',
    );
  }
}
