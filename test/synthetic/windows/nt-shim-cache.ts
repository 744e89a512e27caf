/**
 * The application compatibility cache of a synthetic NT guest: lock, table and list, as builds since Vista lay them out, in the
 * kernel's data or behind pointers in ahcache.sys.
 */
import { type NtGuest, ntTime } from './nt-guest.js';

export interface ShimTruth {
  readonly path: string;
  readonly modified: string;
  readonly executed: boolean;
}

/** The one used last first. */
export const SHIM_CACHE: readonly ShimTruth[] = [
  { path: '\\??\\C:\\Temp\\rk.exe', modified: '2024-03-05T09:39:00Z', executed: true },
  { path: '\\??\\C:\\Windows\\notepad.exe', modified: '2023-11-01T12:00:00.5Z', executed: true },
  { path: '\\??\\C:\\Temp\\never-run.exe', modified: '2024-03-01T00:00:00Z', executed: false },
];
/** Another cache of the same kind beside it, which is not of programs. */
const OTHER: readonly ShimTruth[] = [{ path: 'a device', modified: '2020-01-01T00:00:00Z', executed: true }];

/** Where a build keeps the caches, and which of two is the one of programs. */
interface Kept {
  readonly module: 'ntoskrnl.exe' | 'ahcache.sys';
  readonly inPlace: boolean;
  readonly programs: 0 | 1;
}
const kept = (build: number): Kept => {
  if (build < 9200) return { module: 'ntoskrnl.exe', inPlace: true, programs: 0 };
  return build < 9600
    ? { module: 'ntoskrnl.exe', inPlace: false, programs: 0 }
    : { module: 'ahcache.sys', inPlace: false, programs: 1 };
};
/** Behind all variables that the tests know; in ahcache.sys the start of its data. */
const DATA = { 'ntoskrnl.exe': 'ntoskrnl.exe+0x3008', 'ahcache.sys': 'ahcache.sys+0x4010' } as const;
const TABLE_SIZE = 0x68;
const INSERTED_BY_CSRSS = 2;

/** Writes the caches. The addresses of the entries in `entries`. */
export function writeShimCache(guest: NtGuest, entries: readonly ShimTruth[] = SHIM_CACHE): bigint[] {
  const { memory, pool, types } = guest;
  const { module, inPlace, programs } = kept(types.buildNumber);
  const at = guest.resolve(DATA[module]);
  const code = (offset: number) => guest.resolve(`${module}+${offset}`);
  const cache = (place: bigint, members: readonly ShimTruth[]) => {
    memory.pointer(place, place);
    [0x1100, 0x1200, 0x1300].forEach((offset, index) => {
      memory.pointer(place + BigInt(0x48 + index * 8), code(offset));
    });
    const written = members.map((member) => writeEntry(guest, member));
    memory.ring([place + BigInt(TABLE_SIZE), ...written]);
    return written;
  };
  if (inPlace) return cache(at, entries);
  const handles = [0, 1].map((index) => {
    const lock = pool.allocate('Reso', types.size('_ERESOURCE'));
    const table = pool.allocate('AhcT', TABLE_SIZE + 16, true);
    const written = cache(table, index === programs ? entries : OTHER);
    const handle = pool.allocate('AhcH', 16, true);
    memory.pointer(handle, lock);
    memory.pointer(handle + 8n, table);
    memory.pointer(at + BigInt(index * 8), handle);
    return { lock, written };
  });
  memory.ring(handles.map(({ lock }) => lock));
  return handles[programs]?.written ?? [];
}

function writeEntry(guest: NtGuest, { path, modified, executed }: ShimTruth): bigint {
  const { memory, pool, types } = guest;
  const entry = pool.allocate('AhcE', 0x40, true);
  const text = Buffer.from(path, 'utf16le');
  const buffer = pool.allocate('AhcS', text.length, true);
  memory.write(buffer, text);
  const pathAt = types.buildNumber < 9200 ? 16n : 24n;
  const string = { Length: text.length, MaximumLength: text.length, Buffer: buffer };
  memory.set(entry + pathAt, '_UNICODE_STRING', string);
  const flags = executed ? INSERTED_BY_CSRSS : 1;
  if (types.buildNumber < 9200) {
    memory.pointer(entry + 32n, ntTime(modified));
    memory.integer(entry + 40n, 4, flags);
    return entry;
  }
  const detail = pool.allocate('AhcD', 0x28, true);
  if (types.buildNumber < 10240) {
    memory.pointer(entry + 56n, detail);
    memory.pointer(detail, ntTime(modified));
    memory.integer(detail + 8n, 4, flags);
    return entry;
  }
  const blob = pool.allocate('AhcB', 8, true);
  memory.integer(blob, 4, executed ? 1 : 0);
  memory.pointer(entry + 40n, detail);
  memory.pointer(detail + 8n, ntTime(modified));
  memory.integer(detail + 16n, 4, 8);
  memory.pointer(detail + 24n, blob);
  return entry;
}
