/**
 * Page-table roots by the System process: its object is looked for in physical memory by its name and pid, at the places
 * that the shipped types of any build give them, and holds the root of the kernel's tables.
 *
 * The last resort, for images whose tables do not show that they map themselves. Like page-table-roots.ts it gives hints.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { u8, u32, u64Number } from '../../core/bytes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { scanChunks } from '../../memory/scan-chunks.js';
import type { RootHint } from './page-table-roots.js';
import { neighbouringProfiles } from './shipped-profile.js';

/** The field is 15 bytes and a terminator, older ones 16. */
const NAME = Buffer.from('System\0\0\0\0\0\0\0\0\0', 'latin1');
const SYSTEM_PID = 4;
/** `_DISPATCHER_HEADER.Type` of a process (KOBJECTS.ProcessObject). */
const PROCESS_OBJECT = 3;
/** No build's process is larger. */
const LARGEST = 0x1000;

interface Layout {
  readonly pointerSize: 4 | 8;
  readonly name: number;
  readonly pid: number;
  readonly root: number;
}

export function* systemProcessRoots(memory: PhysicalMemory): Generator<RootHint> {
  let layouts: readonly Layout[] | undefined;
  const around = new Uint8Array(2 * LARGEST);
  for (const { address, bytes } of scanChunks(memory, { overlap: NAME.length - 1 })) {
    const window = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let hit = window.indexOf(NAME); hit >= 0; hit = window.indexOf(NAME, hit + 1)) {
      layouts ??= knownLayouts();
      const name = address + hit;
      const start = Math.max(0, name - LARGEST);
      const length = memory.read(start, around);
      yield* rootsAround(around.subarray(0, length), name - start, layouts);
    }
  }
}

/** What a process would hold whose name lies at `name`, by every layout that fits. */
function* rootsAround(bytes: Uint8Array, name: number, layouts: readonly Layout[]): Generator<RootHint> {
  for (const layout of layouts) {
    const start = name - layout.name;
    if (start < 0 || start + Math.max(layout.pid, layout.root) + 8 > bytes.length) continue;
    const word = (at: number): number => (layout.pointerSize === 8 ? u64Number(bytes, at) : u32(bytes, at));
    if (u8(bytes, start) !== PROCESS_OBJECT || word(start + layout.pid) !== SYSTEM_PID) continue;
    const root = word(start + layout.root);
    if (layout.pointerSize === 8) yield { root: root - (root % PAGE_SIZE), mode: '4-level' };
    else if (root % PAGE_SIZE === 0) yield { root, mode: '32-bit' };
    if (layout.pointerSize === 4 && root % 32 === 0) yield { root, mode: 'PAE' };
  }
}

/** Every layout once. */
function knownLayouts(): Layout[] {
  const layouts = new Map<string, Layout>();
  for (const pointerSize of [8, 4] as const) {
    for (const profile of neighbouringProfiles(pointerSize, '')) {
      const document = profile.document();
      const process = document.userType('_EPROCESS')?.fields;
      const name = process?.ImageFileName?.offset;
      const pid = process?.UniqueProcessId?.offset;
      const root = document.userType('_KPROCESS')?.fields.DirectoryTableBase?.offset;
      if (name === undefined || pid === undefined || root === undefined) continue;
      layouts.set(`${pointerSize} ${name} ${pid} ${root}`, { pointerSize, name, pid, root });
    }
  }
  return [...layouts.values()];
}
