/**
 * Builds a profile from files of a kernel's build: what `memlapse profile build` does.
 *
 * Link-time addresses, to be written with `writeIsf` and slid when an image is opened with it.
 */
import { UserError } from '../../core/errors.js';
import { isAr } from '../../formats/archives/ar.js';
import type { ByteSource } from '../../formats/byte-source.js';
import { isElf } from '../../formats/elf/elf-file.js';
import { isCabinet } from '../../formats/pdb/cabinet.js';
import { isPdb } from '../../formats/pdb/msf.js';
import { openFileSource } from '../../formats/sources/file-source.js';
import { readBytes } from '../../formats/sources/read-bytes.js';
import { releaseOf } from '../linux/banner.js';
import { type PdbProfile, pdbProfile } from '../pdb/pdb-profile.js';
import { SymbolList } from '../symbol-list.js';
import type { Profile } from '../types.js';
import { isBzImage, unpackBzImage } from './bzimage.js';
import { openKernelPackage } from './kernel-package.js';
import { type KernelFile, readVmlinux } from './read-vmlinux.js';
import { isSystemMap, readSystemMap } from './system-map.js';

export interface BuildOptions {
  /** Told bytes done and bytes in all: of the package, then of the debug information. */
  readonly onProgress?: (done: number, all: number) => void;
}

/** What the files gave so far. */
interface Parts {
  readonly kernels: KernelFile[];
  readonly maps: SymbolList[];
  readonly sources: string[];
  readonly databases: PdbProfile[];
}

/**
 * The profile in the files at `paths`, told apart by content: a vmlinux (with DWARF or BTF) or vmlinuz (with BTF), a
 * System.map, or a Debian package with these in it; or the program database of a Windows kernel. Throws `UserError` when a file
 * is none of them, or when there are no types in what was given.
 */
export async function buildProfile(
  paths: readonly string[],
  options: BuildOptions = {},
): Promise<Profile | PdbProfile> {
  const parts: Parts = { kernels: [], maps: [], sources: [], databases: [] };
  for (const path of paths) {
    const source = openFileSource(path);
    try {
      await readFile(source, parts, options);
    } finally {
      source.close();
    }
  }
  const [database] = parts.databases;
  if (database !== undefined && paths.length > 1) {
    throw new UserError('a program database makes a profile by itself', 'give it alone');
  }
  if (database !== undefined) return database;
  // Of several kernels the one with types; a package has vmlinux beside vmlinuz at times.
  const kernel = parts.kernels.find(({ types }) => types !== undefined);
  if (kernel?.types === undefined) {
    throw new UserError(
      `there are no types in ${paths.join(', ')}`,
      "give a vmlinux with debug information (the kernel's -dbg package has it) or one with a .BTF section",
    );
  }
  const { pointerSize, banner, types } = kernel;
  const symbols = parts.maps[0] ?? kernel.symbols ?? new SymbolList([]);
  return { os: 'linux', pointerSize, banner, release: releaseOf(banner), types, symbols, sources: parts.sources };
}

async function readFile(source: ByteSource, parts: Parts, options: BuildOptions): Promise<void> {
  const head = readBytes(source, 0, 4096);
  if (isAr(head)) {
    const opened = await openKernelPackage(source, options.onProgress);
    try {
      for (const file of opened.files) await readFile(file, parts, options);
    } finally {
      opened.close();
    }
  } else if (isPdb(head)) {
    parts.databases.push(pdbProfile(source));
  } else if (isCabinet(head)) {
    throw new UserError(
      `${source.name} is packed as a cabinet, as symbol servers do`,
      'unpack it with `cabextract`, and give the .pdb',
    );
  } else if (isElf(head) || isBzImage(head)) {
    const elf = isElf(head) ? source : await unpackBzImage(source);
    const kernel = readVmlinux(elf, options.onProgress);
    parts.kernels.push(kernel);
    parts.sources.push(...kernel.sources);
  } else {
    const symbols = readSystemMap(source.name, textOf(source));
    parts.maps.push(new SymbolList(symbols));
    parts.sources.push(`symbols: ${source.name} (${symbols.length} symbols)`);
  }
}

const MAX_TEXT = 64 * 1024 * 1024;

function textOf(source: ByteSource): string {
  const bytes = readBytes(source, 0, Math.min(source.size, MAX_TEXT));
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (isSystemMap(text)) return text;
  throw new UserError(
    `${source.name} is no vmlinux, vmlinuz, System.map, Debian package or program database (PDB)`,
    'check what was given; modules and other ELF files have no profile',
  );
}
