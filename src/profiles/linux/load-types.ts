/**
 * Where the types of a kernel come from, in this order: the user's symbol file, the image's BTF, a symbol file that
 * comes with the package.
 */
import { UserError } from '../../core/errors.js';
import { Btf } from '../../formats/btf/btf.js';
import { BtfTypeSource } from '../btf/btf-type-source.js';
import type { BlobCache } from '../cache/blob-cache.js';
import type { IsfDocument } from '../isf/isf-document.js';
import { isfBanner } from '../isf/isf-profile.js';
import { IsfSymbols } from '../isf/isf-symbols.js';
import { IsfTypeSource } from '../isf/isf-type-source.js';
import { readIsf } from '../isf/read-isf.js';
import type { SymbolSource, TypeSource } from '../types.js';
import type { KernelImage } from './kernel-image.js';
import { type LinuxKernelLocation, lowestKernelAddress } from './location.js';
import { shippedProfile } from './shipped-profile.js';

export interface LoadedTypes {
  readonly types: TypeSource;
  readonly btf?: Btf;
  /** Symbols that came with the types. */
  readonly symbols?: SymbolSource;
  readonly sources: readonly string[];
}

/** Larger than any kernel's BTF (6.12: 6 MB). */
const MAX_BTF = 64 * 1024 * 1024;

/** @param symbols what the image itself knows, for where BTF lies */
export function loadTypes(
  image: KernelImage,
  location: LinuxKernelLocation,
  symbols: SymbolSource,
  profilePath: string | undefined,
  cache: BlobCache | undefined,
): LoadedTypes {
  if (profilePath !== undefined) return givenTypes(readIsf(profilePath, cache), location);
  const btf = readBtf(image, symbols);
  if (btf !== undefined) {
    const types = new BtfTypeSource(btf, image.pointerSize);
    return { types, btf, sources: [`types: BTF in the image (${btf.typeCount} types)`] };
  }
  const shipped = shippedProfile(location.release);
  if (shipped !== undefined) return shippedTypes(shipped, location);
  return { types: noTypes(image.pointerSize), sources: ['types: none'] };
}

/** The kernel's BTF lies between two linker symbols. Copies elsewhere in memory may be stale, so they are not looked for. */
function readBtf(image: KernelImage, symbols: SymbolSource): Btf | undefined {
  const start = symbols.address('__start_BTF');
  const stop = symbols.address('__stop_BTF');
  if (start === undefined || stop === undefined || stop <= start || stop - start > MAX_BTF) return undefined;
  return Btf.open(image.bytes(start, Number(stop - start)));
}

/** The user's word counts, but a file for another kernel version can only give wrong answers. */
function givenTypes(document: IsfDocument, location: LinuxKernelLocation): LoadedTypes {
  const banner = isfBanner(document);
  const { release } = location;
  if (banner !== '' && !banner.startsWith(`Linux version ${release} `)) {
    throw new UserError(
      `${document.name} is for ${banner.split(' ', 3).join(' ')}, but the image holds ${release}`,
      'give the symbol file of exactly that kernel, or leave --profile out',
    );
  }
  const note = banner === location.banner ? '' : ', of another build of this release';
  const source = `types and symbols: ${document.name} (${document.count('user_types')} types${note})`;
  return { types: new IsfTypeSource(document), symbols: movedSymbols(document, location), sources: [source] };
}

/** Types hold for every build of a release; symbol addresses only for the very build. */
function shippedTypes(document: IsfDocument, location: LinuxKernelLocation): LoadedTypes {
  const types = new IsfTypeSource(document);
  const count = `${document.count('user_types')} types`;
  if (isfBanner(document) !== location.banner) {
    return { types, sources: [`types: shipped with memlapse (${count}; made from another build of this release)`] };
  }
  const symbols = movedSymbols(document, location);
  return { types, symbols, sources: [`types and symbols: shipped with memlapse (${count})`] };
}

function movedSymbols(document: IsfDocument, location: LinuxKernelLocation): SymbolSource {
  const linked = document.symbol('_stext')?.address;
  const shift = linked === undefined ? location.kaslrOffset : location.textStart - BigInt(linked);
  return new IsfSymbols(document, shift, lowestKernelAddress(location.architecture));
}

function noTypes(pointerSize: 4 | 8): TypeSource {
  return { pointerSize, struct: () => undefined, enum: () => undefined, structNames: () => [], enumNames: () => [] };
}
