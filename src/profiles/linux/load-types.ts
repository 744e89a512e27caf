/**
 * Where the types of a kernel come from, in this order: the user's symbol file, the image's BTF (modules' included), a
 * symbol file that comes with the package (one for a neighbouring build where memory shows that it fits), and last what
 * memory itself shows.
 */
import { UserError } from '../../core/errors.js';
import { Btf } from '../../formats/btf/btf.js';
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { PAGING_MODES } from '../../memory/paging-modes.js';
import { BtfTypeSource } from '../btf/btf-type-source.js';
import type { BlobCache } from '../cache/blob-cache.js';
import { combineTypes } from '../combine-types.js';
import type { IsfDocument } from '../isf/isf-document.js';
import { isfBanner } from '../isf/isf-profile.js';
import { IsfSymbols } from '../isf/isf-symbols.js';
import { IsfTypeSource } from '../isf/isf-type-source.js';
import { readIsf } from '../isf/read-isf.js';
import { SymbolList } from '../symbol-list.js';
import type { StructType, SymbolSource, TypeSource } from '../types.js';
import { kernelBuildId } from './build-id.js';
import { KeptTypes } from './kept-types.js';
import { machineDigest } from './kernel-cache.js';
import type { KernelImage } from './kernel-image.js';
import { type LinuxKernelLocation, lowestKernelAddress } from './location.js';
import { moduleTypes } from './module-btf.js';
import { neighbouringProfiles, shippedProfile } from './shipped-profile.js';
import { structuralModules } from './structural-modules.js';
import { structuralTypes } from './structural-types.js';

export interface LoadedTypes {
  readonly types: TypeSource;
  /** The kernel's own BTF, the base of its modules' split BTF; absent when the types came from elsewhere. */
  readonly btf?: () => Btf | undefined;
  /** Keeps for the next run what was asked for in this one. */
  readonly remember?: () => void;
  /** Symbols that came with the types. */
  readonly symbols?: SymbolSource;
  readonly sources: readonly string[];
  /** What is known to be missing. */
  readonly gaps?: readonly string[];
}

/** Larger than any kernel's BTF (6.12: 6 MB). */
const MAX_BTF = 64 * 1024 * 1024;

/**
 * The kernel's types, or undefined when neither the user nor the image nor the package has them.
 *
 * @param symbols what the image itself knows, for where BTF lies
 */
export function loadTypes(
  image: KernelImage,
  location: LinuxKernelLocation,
  symbols: SymbolSource,
  profilePath: string | undefined,
  cache: BlobCache | undefined,
): LoadedTypes | undefined {
  if (profilePath !== undefined) return givenTypes(readIsf(profilePath, cache), location);
  const own = imageTypes(image, location, symbols, cache);
  if (own !== undefined) return own;
  const shipped = shippedProfile(location.release);
  return shipped && shippedTypes(shipped, location);
}

/**
 * For a kernel that brings no types: those of a neighbouring build where what its tasks and modules show fits them, else
 * only what they show; both are said.
 */
export function guessTypes(image: KernelImage, location: LinuxKernelLocation, symbols: SymbolSource): LoadedTypes {
  const space = spaceOf(image, location);
  const initTask = symbols.address('init_task');
  const tasks = initTask === undefined ? undefined : structuralTypes(space, initTask);
  const modules = structuralModules(image, space, location.textStart);
  const structs = new Map([...(tasks?.structs ?? []), ...(modules?.structs ?? [])].map((type) => [type.name, type]));
  const head = modules === undefined ? [] : [{ name: 'modules', address: modules.head, kind: 'd' }];
  const neighbour = neighbouringProfiles(location.release).find(({ document }) =>
    fits(new IsfTypeSource(document), structs),
  );
  if (neighbour !== undefined) {
    return {
      types: new IsfTypeSource(neighbour.document),
      symbols: new SymbolList(head),
      sources: [
        `types: shipped with memlapse for ${neighbour.release}, which fits what the tasks and modules here show`,
      ],
      gaps: [
        `${location.release}: types are those of ${neighbour.release}, so members that moved in between may be wrong; variables that the kernel does not name are unknown`,
      ],
    };
  }
  const source = `types: found by their use in memory (${[...structs.keys()].join(', ') || 'none'})`;
  const gap = `types of ${location.release}: all but some members of ${[...structs.keys()].join(', ') || 'none'}`;
  return {
    types: structTypes(structs, image.pointerSize),
    symbols: new SymbolList(head),
    sources: [source],
    gaps: [gap],
  };
}

/** Fewer members than this prove nothing. */
const FEWEST_MEMBERS = 10;

/** Whether every member that was found by its use is where `types` has it. */
function fits(types: TypeSource, found: ReadonlyMap<string, StructType>): boolean {
  let compared = 0;
  for (const [name, { fields }] of found) {
    const known = types.struct(name)?.fields;
    for (const [member, { offset }] of fields) {
      const there = known?.get(member);
      if (there === undefined) continue;
      if (there.offset !== offset) return false;
      compared++;
    }
  }
  return compared >= FEWEST_MEMBERS;
}

/** The types that the image brings, its modules' included; undefined when there are none that can be read. */
function imageTypes(
  image: KernelImage,
  location: LinuxKernelLocation,
  symbols: SymbolSource,
  cache: BlobCache | undefined,
): LoadedTypes | undefined {
  const section = findBtf(symbols);
  if (section === undefined) return undefined;
  let opened: Btf | undefined;
  const btf = () => {
    opened ??= Btf.open(image.bytes(section.start, section.length));
    return opened;
  };
  const open = () => {
    const whole = btf();
    return whole && { types: new BtfTypeSource(whole, image.pointerSize), count: whole.typeCount };
  };
  const buildId = cache && kernelBuildId(image, symbols);
  // Of this machine only: another one's memory could claim the build ID and bring other types.
  const build = buildId && `${buildId} ${machineDigest(image.memory)}`;
  const kept = cache && build ? new KeptTypes(cache, build, image.pointerSize, open) : undefined;
  const kernel = kept ?? open()?.types;
  const count = kept === undefined ? btf()?.typeCount : kept.count;
  if (kernel === undefined || count === undefined) return undefined;
  // Modules' types are rarely asked for, and there are a hundred modules.
  const types = combineTypes(kernel, () => {
    const base = btf();
    return base === undefined ? [] : [...moduleTypes(spaceOf(image, location), symbols, kernel, base)];
  });
  return {
    types,
    btf,
    sources: [`types: BTF in the image (${count} types)`],
    ...(kept === undefined ? {} : { remember: () => kept.remember() }),
  };
}

function spaceOf(image: KernelImage, location: LinuxKernelLocation): PagedAddressSpace {
  return new PagedAddressSpace('kernel', image.memory, PAGING_MODES[location.paging], location.dtb);
}

/** The kernel's BTF lies between two linker symbols. Copies elsewhere in memory may be stale, so they are not looked for. */
function findBtf(symbols: SymbolSource): { readonly start: bigint; readonly length: number } | undefined {
  const start = symbols.address('__start_BTF');
  const stop = symbols.address('__stop_BTF');
  if (start === undefined || stop === undefined || stop <= start || stop - start > MAX_BTF) return undefined;
  return { start, length: Number(stop - start) };
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

function structTypes(structs: ReadonlyMap<string, StructType>, pointerSize: 4 | 8): TypeSource {
  return {
    pointerSize,
    struct: (name) => structs.get(name),
    enum: () => undefined,
    structNames: () => structs.keys(),
    enumNames: () => [],
  };
}
