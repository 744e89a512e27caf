/**
 * Builds a profile from files of a kernel's build: what `memlapse profile build` does.
 *
 * Link-time addresses, to be written with `writeIsf` and slid when an image is opened with it.
 */
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../../formats/byte-source.js';
import { isElf } from '../../formats/elf/elf-file.js';
import { openFileSource } from '../../formats/sources/file-source.js';
import { readBytes } from '../../formats/sources/read-bytes.js';
import { releaseOf } from '../linux/banner.js';
import { SymbolList } from '../symbol-list.js';
import type { Profile } from '../types.js';
import { type KernelFile, readVmlinux } from './read-vmlinux.js';
import { isSystemMap, readSystemMap } from './system-map.js';

export interface BuildOptions {
  /** Told bytes done and bytes in all of the debug information. */
  readonly onProgress?: (done: number, all: number) => void;
}

/**
 * The profile in `paths`: a vmlinux (with DWARF or BTF) and, optionally, a System.map; told apart by content. Throws
 * `UserError` when a file is neither, or when there are no types in what was given.
 */
export function buildProfile(paths: readonly string[], options: BuildOptions = {}): Profile {
  let kernel: KernelFile | undefined;
  let map: SymbolList | undefined;
  const sources: string[] = [];
  for (const path of paths) {
    const source = openFileSource(path);
    try {
      if (isElf(readBytes(source, 0, 64))) {
        kernel = readVmlinux(source, options.onProgress);
        sources.push(...kernel.sources);
      } else {
        const symbols = readSystemMap(path, textOf(source));
        map = new SymbolList(symbols);
        sources.push(`symbols: ${path} (${symbols.length} symbols)`);
      }
    } finally {
      source.close();
    }
  }
  const types = kernel?.types;
  if (kernel === undefined || types === undefined) {
    throw new UserError(
      `there are no types in ${paths.join(', ')}`,
      "give a vmlinux with debug information (the kernel's -dbg package has it) or with a .BTF section",
    );
  }
  const { pointerSize, banner } = kernel;
  const symbols = map ?? kernel.symbols ?? new SymbolList([]);
  return { os: 'linux', pointerSize, banner, release: releaseOf(banner), types, symbols, sources };
}

const MAX_TEXT = 64 * 1024 * 1024;

function textOf(source: ByteSource): string {
  const bytes = readBytes(source, 0, Math.min(source.size, MAX_TEXT));
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (isSystemMap(text)) return text;
  throw new UserError(`${source.name} is neither a vmlinux nor a System.map`, 'check what was given');
}
