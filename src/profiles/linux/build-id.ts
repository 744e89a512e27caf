/**
 * The build ID of a kernel, as its own notes have it: the linker's digest of all that it linked, types included. Two kernels with
 * the same one are the same build, which their banners alone do not prove.
 *
 * Source: Linux `include/asm-generic/vmlinux.lds.h` (NOTES), `Makefile` (`--build-id=sha1`); elf(5), NT_GNU_BUILD_ID.
 */
import { readNotes } from '../../formats/elf/notes.js';
import type { SymbolSource } from '../types.js';
import type { KernelImage } from './kernel-image.js';

const NT_GNU_BUILD_ID = 3;
const OWNER = 'GNU';
/** Kernels have 500 bytes of notes. */
const MAX_NOTES = 64 * 1024;
/** A SHA-1; `--build-id=uuid` and `=md5` have 16 bytes, and are no digest of the contents or a weak one. */
const DIGEST_BYTES = 20;

/** Hexadecimal; undefined when the kernel has none, or its notes cannot be read. */
export function kernelBuildId(image: KernelImage, symbols: SymbolSource): string | undefined {
  const start = symbols.address('__start_notes');
  const stop = symbols.address('__stop_notes');
  if (start === undefined || stop === undefined || stop <= start || stop - start > MAX_NOTES) return undefined;
  const notes = readNotes(image.bytes(start, Number(stop - start)));
  const id = notes.find(({ owner, type }) => owner === OWNER && type === NT_GNU_BUILD_ID)?.description;
  return id?.length === DIGEST_BYTES ? Buffer.from(id).toString('hex') : undefined;
}
