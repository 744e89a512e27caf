/**
 * Code of the kernel and its modules that was overwritten between two moments, function by function. Bytes only: what
 * instructions they are is for whoever has a disassembler.
 *
 * Kernels overwrite code of theirs, too: jump labels, static calls and ftrace switch instructions while they run.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { changedBytes } from '../../memory/changed-frames.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { inText, loadedModules, placeOf } from '../../objects/linux/symbolize.js';
import { pageOwners } from '../../objects/page-owners.js';

export interface ChangedCode {
  /** `kernel`, or the module's name. */
  readonly owner: string;
  /** The function that it lies in; undefined where no symbol is near. */
  readonly symbol: string | undefined;
  /** Address of `before` and `after`: an instruction begins here. */
  readonly address: bigint;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** The stretches that differ: offsets of the first byte and of the first one behind. */
  readonly stretches: readonly (readonly [start: number, end: number])[];
}

/** Farther from the symbol than this, instructions are not followed up to the change. */
const MAX_DISTANCE = 65_536;
/** Bytes read behind a change: the longest instruction. */
const TAIL = 15;

interface Stretch {
  readonly owner: string;
  readonly symbol: string | undefined;
  /** Where the function begins, where the change does, and its length. */
  readonly function: bigint;
  readonly address: bigint;
  readonly length: number;
}

/**
 * @param frames the page frames that differ
 * @param kernel the kernel in `after`
 * @param before the kernel in the earlier memory: modules that are not in it did not change, they appeared
 */
export function* changedCode(
  frames: Iterable<number>,
  before: LinuxKernel,
  kernel: LinuxKernel,
): Generator<ChangedCode> {
  const functions = new Map<bigint, Stretch[]>();
  for (const stretch of stretchesIn(frames, before, kernel)) {
    const known = functions.get(stretch.function);
    if (known === undefined) functions.set(stretch.function, [stretch]);
    else known.push(stretch);
  }
  for (const [address, stretches] of functions) {
    const [first] = stretches;
    if (first === undefined) continue;
    const ends = stretches.map((each) => Number(each.address - address) + each.length);
    const length = Math.max(...ends) + TAIL;
    yield {
      owner: first.owner,
      symbol: first.symbol,
      address,
      before: codeIn(before.memory, kernel, address, length),
      after: codeIn(kernel.memory, kernel, address, length),
      stretches: stretches.map((each, index) => [Number(each.address - address), ends[index] as number]),
    };
  }
}

function* stretchesIn(frames: Iterable<number>, before: LinuxKernel, kernel: LinuxKernel): Generator<Stretch> {
  const owners = pageOwners(kernel);
  const known = new Set(['kernel', ...loadedModules(before).map(({ name }) => name)]);
  for (const frame of frames) {
    const owner = owners.get(frame)?.find(({ pid, name }) => pid === undefined && known.has(name));
    if (owner === undefined) continue;
    const last = owner.address + BigInt(PAGE_SIZE - 1);
    if (!inText(kernel, owner.address) && !inText(kernel, last)) continue;
    for (const change of changedBytes(before.memory, kernel.memory, frame)) {
      const address = owner.address + BigInt(change.address % PAGE_SIZE);
      if (!inText(kernel, address)) continue;
      const place = placeOf(kernel, address);
      const isNear = place?.symbol !== undefined && place.offset < MAX_DISTANCE;
      yield {
        owner: owner.name,
        symbol: isNear ? place.symbol : undefined,
        function: isNear ? address - BigInt(place.offset) : address,
        address,
        length: change.after.length,
      };
    }
  }
}

/** What `memory` has where `kernel` maps `address`; it ends where nothing is mapped or there. */
function codeIn(memory: PhysicalMemory, kernel: LinuxKernel, address: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const at = address + BigInt(done);
    const mapping = kernel.space.translate(at);
    if (mapping.kind !== 'mapped') break;
    const wanted = Math.min(PAGE_SIZE - Number(at % BigInt(PAGE_SIZE)), length - done);
    const got = memory.read(mapping.physical, bytes.subarray(done, done + wanted));
    done += got;
    if (got < wanted) break;
  }
  return bytes.subarray(0, done);
}
