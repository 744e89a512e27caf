/**
 * The one entrance to what is known about the NT kernel of an image: its location, types and symbols.
 *
 * Types come from the user's symbol file, else from the shipped file of exactly this build, else from a shipped
 * neighbour. All of them have to lead to the living System process; symbols are only taken over when they agree with the
 * kernel's own export table.
 */
import { UserError } from '../../core/errors.js';
import { type PeExport, peExports } from '../../formats/pe/exports.js';
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { PAGING_MODES } from '../../memory/paging-modes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { BlobCache } from '../cache/blob-cache.js';
import { combineSymbols } from '../combine-symbols.js';
import type { IsfDocument } from '../isf/isf-document.js';
import { IsfSymbols } from '../isf/isf-symbols.js';
import { IsfTypeSource } from '../isf/isf-type-source.js';
import { readIsf } from '../isf/read-isf.js';
import type { ProfileOptions } from '../profile-options.js';
import type { SearchEffort } from '../search-effort.js';
import { SymbolList } from '../symbol-list.js';
import type { Profile, TypeSource } from '../types.js';
import { findDebuggerData } from './debugger-data.js';
import { findWindowsKernel } from './find-windows-kernel.js';
import { type LiveSystem, liveSystem } from './live-system.js';
import { kernelIdentity, type WindowsKernelLocation } from './location.js';
import { provenByProcesses } from './neighbour-proof.js';
import { neighbouringProfiles, shippedProfile } from './shipped-profile.js';
import { typeIndexTable } from './type-index-table.js';
import { windowsVersion } from './version.js';

export interface LoadedWindowsProfile {
  readonly location: WindowsKernelLocation;
  readonly profile: Profile;
  /** Address of the System process. */
  readonly systemProcess: bigint;
}

interface Candidate {
  readonly document: IsfDocument;
  /** What the user reads about it. */
  readonly origin: string;
  /** It is for this kernel by what names it, or by what the user says. */
  readonly isTrusted?: boolean;
}

/** Exported names by which a symbol file's addresses are checked. */
const SAMPLES = 16;

/**
 * Finds the kernel and builds its profile; undefined when no NT kernel is to be found with this effort.
 * @throws UserError when there are no types that fit the kernel found
 */
export function loadWindowsProfile(
  memory: PhysicalMemory,
  options: ProfileOptions,
  effort: SearchEffort,
): LoadedWindowsProfile | undefined {
  const found = findWindowsKernel(memory, effort);
  if (found === undefined) return undefined;
  const exports = peExports(found.image);
  const exported = new SymbolList(exports.map(({ name, rva }) => ({ name, address: found.base + BigInt(rva) })));
  const space = new PagedAddressSpace('kernel', memory, PAGING_MODES[found.paging], found.dtb);
  const release = windowsVersion(space, exported.address('NtBuildNumber')) ?? '';
  for (const { document, origin, isTrusted = false } of candidates(found, release, options)) {
    const types = new IsfTypeSource(document);
    const system = fits(memory, found, types, exported);
    if (system === undefined) continue;
    const isExact = agrees(document, exports);
    if (!isExact && !isTrusted && !provenByProcesses(memory, found, types, system)) continue;
    const symbols = isExact ? new IsfSymbols(document, found.base, 0n) : searchedSymbols(space, found, types, exported);
    const own = symbols === undefined ? [] : [symbols];
    const count = `${document.count('user_types')} types${isExact ? '' : ', of another build, proven on the processes in the image'}`;
    const profile: Profile = {
      os: 'windows',
      pointerSize: types.pointerSize,
      banner: kernelIdentity(found),
      release,
      types,
      symbols: combineSymbols(...own, exported),
      sources: [
        `${isExact ? 'types and symbols' : 'types'}: ${origin} (${count})`,
        ...(isExact || symbols === undefined
          ? []
          : [`symbols: searched in the kernel's data (${[...symbols.symbols()].length} names)`]),
        `symbols: export table of the kernel (${exports.length} names)`,
      ],
    };
    return { location: { ...found, dtb: system.dtb }, profile, systemProcess: system.process };
  }
  throw missing(found, release, options);
}

function* candidates(location: WindowsKernelLocation, release: string, options: ProfileOptions): Generator<Candidate> {
  if (options.profilePath !== undefined) {
    const document = readIsf(options.profilePath, options.cache === false ? undefined : new BlobCache());
    yield { document, origin: document.name, isTrusted: true };
    return;
  }
  const exact = shippedProfile(kernelIdentity(location));
  if (exact !== undefined) yield { document: exact, origin: 'shipped with memlapse', isTrusted: true };
  else {
    const { pointerSize } = PAGING_MODES[location.paging];
    for (const neighbour of neighbouringProfiles(pointerSize, release)) {
      yield { document: neighbour.document(), origin: `shipped for Windows ${neighbour.version}` };
    }
  }
}

function fits(
  memory: PhysicalMemory,
  location: WindowsKernelLocation,
  types: TypeSource,
  exported: SymbolList,
): LiveSystem | undefined {
  if (types.pointerSize !== PAGING_MODES[location.paging].pointerSize) return undefined;
  return liveSystem(memory, location, types, exported);
}

/** What can be found without symbols of exactly this build; undefined when nothing can. */
function searchedSymbols(
  space: PagedAddressSpace,
  location: WindowsKernelLocation,
  types: TypeSource,
  exported: SymbolList,
): SymbolList | undefined {
  const symbols = [...(findDebuggerData(space, location)?.symbols ?? [])];
  const table = typeIndexTable(space, location, types, exported);
  if (table !== undefined) symbols.push({ name: 'ObTypeIndexTable', address: table });
  return symbols.length === 0 ? undefined : new SymbolList(symbols);
}

/** True when the file has the exports where the kernel has them. Names that it does not know say nothing. */
function agrees(document: IsfDocument, exports: readonly PeExport[]): boolean {
  let known = 0;
  for (const { name, rva } of exports) {
    const symbol = document.symbol(name);
    if (symbol === undefined) continue;
    if (Number(symbol.address) !== rva) return false;
    if (++known >= SAMPLES) break;
  }
  return known > 0;
}

function missing(location: WindowsKernelLocation, release: string, options: ProfileOptions): UserError {
  const kernel = `the kernel of Windows ${release} (${kernelIdentity(location)})`;
  return options.profilePath === undefined
    ? new UserError(
        `no symbols that come with memlapse fit ${kernel}`,
        'give its symbol file (ISF) with --profile FILE',
      )
    : new UserError(`${options.profilePath} does not fit ${kernel}`, 'give the symbol file of exactly that kernel');
}
