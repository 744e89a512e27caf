/** The command line and the environment of a process, from its own memory, as /proc/PID/cmdline and environ give them. */
import { utf8Text } from '../../core/bytes.js';
import type { LinuxKernel } from './kernel.js';
import { type UserMemory, userBytes } from './user-memory.js';

/** More than exec accepts with the default stack limit (a quarter of 8 MiB). */
const MAX_AREA = 4 * 1024 * 1024;
/** A title that overflows its arguments is shown up to one page of it (get_mm_proctitle, fs/proc/base.c, since 5.3). */
const MAX_TITLE = 4096;

/** The arguments; an overwritten area gives what is there now. Undefined when nothing is readable. */
export function commandArguments(kernel: LinuxKernel, memory: UserMemory): string[] | undefined {
  const start = memory.mm.ptr('arg_start');
  const end = memory.mm.ptr('arg_end');
  if (start === undefined || end === undefined) return undefined;
  if (end <= start) return [];
  const bytes = userBytes(kernel, memory, start, clamp(end - start), MAX_AREA);
  if (bytes.length === 0) return undefined;
  // A last byte that is not NUL means that setproctitle wrote one string over the area and perhaps beyond.
  const isTitle = bytes.length === clamp(end - start) && bytes.at(-1) !== 0;
  return isTitle ? [utf8Text(title(kernel, memory, start, end))] : strings(bytes);
}

function title(kernel: LinuxKernel, memory: UserMemory, start: bigint, end: bigint): Uint8Array {
  const environment = { start: memory.mm.ptr('env_start'), end: memory.mm.ptr('env_end') };
  const adjoins = environment.start === end && environment.end !== undefined && environment.end > end;
  const limit = adjoins && environment.end !== undefined ? environment.end : end;
  return userBytes(kernel, memory, start, clamp(limit - start), MAX_TITLE);
}

/** The strings of the environment as they stand, `NAME=value` mostly. Undefined when nothing is readable. */
export function environmentStrings(kernel: LinuxKernel, memory: UserMemory): string[] | undefined {
  const start = memory.mm.ptr('env_start');
  const end = memory.mm.ptr('env_end');
  if (start === undefined || end === undefined) return undefined;
  if (end <= start) return [];
  const bytes = userBytes(kernel, memory, start, clamp(end - start), MAX_AREA);
  return bytes.length === 0 ? undefined : strings(bytes);
}

function clamp(length: bigint): number {
  return length > BigInt(MAX_AREA) ? MAX_AREA : Number(length);
}

/** Splits at NULs; the last string needs none. */
function strings(bytes: Uint8Array): string[] {
  const texts: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(0, start);
    const end = found < 0 ? bytes.length : found;
    texts.push(utf8Text(bytes.subarray(start, end)));
    start = end + 1;
  }
  return texts;
}
