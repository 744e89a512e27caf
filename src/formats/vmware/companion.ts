/** The two files of a machine of VMware: the state beside its memory, and the memory beside its state. */
import { existsSync } from 'node:fs';
import { u32 } from '../../core/bytes.js';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import { openFileSource } from '../sources/file-source.js';
import { readBytes } from '../sources/read-bytes.js';
import { STATES } from './layout.js';

const STATE_ENDINGS = ['.vmss', '.vmsn'];
const MEMORY_ENDING = '.vmem';

export function isState(head: Uint8Array): boolean {
  return head.length >= 4 && STATES.includes(u32(head, 0));
}

/** The state file beside the memory file at `path`: of the same name but for its ending. The caller closes it. */
export function openState(path: string): ByteSource | undefined {
  for (const ending of STATE_ENDINGS) {
    const candidate = withEnding(path, ending);
    if (candidate === path || !existsSync(candidate)) continue;
    const source = openFileSource(candidate);
    if (isState(readBytes(source, 0, 4))) return source;
    source.close();
  }
  return undefined;
}

/** The memory file beside the state file at `path`. Throws `UserError` when there is none. The caller closes it. */
export function openMemoryFile(path: string): ByteSource {
  const candidate = withEnding(path, MEMORY_ENDING);
  if (candidate !== path && existsSync(candidate)) return openFileSource(candidate);
  throw new UserError(
    `${path}: is the state of a VMware machine, whose memory is in another file`,
    `put the ${MEMORY_ENDING} file beside it, named alike, and open that`,
  );
}

function withEnding(path: string, ending: string): string {
  return path.replace(/\.[^./\\]*$/, '') + ending;
}
