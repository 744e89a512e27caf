/**
 * Services of a synthetic NT guest: records in the memory of services.exe and keys in the registry. The records are in no public
 * symbols: offsets by build as published with Volatility 3 (symbols/windows/services), written down here apart from src.
 */
import { type HiveKeyTruth, hiveBytes, hiveText } from '../../formats/builders/hive.js';
import type { NtGuest } from './nt-guest.js';
import type { NtProcesses } from './nt-processes.js';

export interface ServiceTruth {
  readonly name: string;
  readonly displayName: string;
  readonly type: number;
  readonly state: number;
  readonly start: number;
  readonly pid?: number;
  /** Command line, or driver. */
  readonly binary?: string;
  /** What the registry has; undefined for none. */
  readonly registered?: { readonly start: number; readonly imagePath: string; readonly library?: string };
}

/** In the controller, in the order of their records, the last first on the list. */
export const SERVICES: readonly ServiceTruth[] = [
  {
    name: 'Disk',
    displayName: 'Disk Driver',
    type: 1,
    state: 4,
    start: 0,
    binary: '\\Driver\\Disk',
    registered: { start: 0, imagePath: 'System32\\drivers\\disk.sys' },
  },
  {
    name: 'Themes',
    displayName: 'Themes',
    type: 0x20,
    state: 4,
    start: 2,
    pid: 712,
    binary: 'C:\\Windows\\system32\\svchost.exe -k netsvcs -p',
    registered: {
      start: 2,
      imagePath: '%SystemRoot%\\System32\\svchost.exe -k netsvcs -p',
      library: '%SystemRoot%\\system32\\themeservice.dll',
    },
  },
  { name: 'rkSvc', displayName: 'Helper', type: 0x10, state: 1, start: 3 },
];
/** In the registry only; the name of a service whose identifier is well known. */
export const UNKNOWN_SERVICE = {
  name: 'TrustedInstaller',
  start: 2,
  type: 0x10,
  imagePath: 'C:\\Temp\\sleeper.exe',
} as const;

export const SERVICES_HEAP = { start: 0x2_2000_0000n, pages: 4 } as const;
const CONTROLLER = 600;

interface Places {
  readonly previous: number;
  readonly name: number;
  readonly displayName: number;
  readonly type: number;
  readonly state: number;
  readonly start: number;
  readonly process: number;
  readonly inProcess: readonly [binary: number, pid: number];
}

function places(build: number): Places {
  const late = { previous: 16, name: 56, displayName: 64, type: 72, state: 76, start: 36 };
  if (build >= 19041) return { ...late, process: 296, inProcess: [24, 40] };
  if (build >= 18362) return { ...late, process: 240, inProcess: [24, 40] };
  if (build >= 16299) return { ...late, process: 232, inProcess: [24, 40] };
  if (build >= 9200) {
    return { previous: 8, name: 16, displayName: 24, type: 64, state: 68, start: 92, process: 56, inProcess: [24, 32] };
  }
  return { previous: 0, name: 8, displayName: 16, type: 48, state: 52, start: 76, process: 40, inProcess: [16, 24] };
}

/** Writes the records and the header that leads to the last of them. Their addresses. */
export function writeServices(guest: NtGuest, { spaces }: NtProcesses): bigint[] {
  const { memory, types } = guest;
  const space = spaces.get(CONTROLLER);
  if (space === undefined) throw new Error('there is no services.exe');
  const at = places(types.buildNumber);
  let next: bigint = SERVICES_HEAP.start;
  const take = (length: number) => {
    const address = next;
    next += BigInt(Math.ceil(length / 16) * 16);
    return address;
  };
  const text = (value: string) => {
    const bytes = Buffer.from(`${value}\0`, 'utf16le');
    const address = take(bytes.length);
    memory.write(address, bytes, space);
    return address;
  };
  const records = SERVICES.map(() => take(0x180));
  SERVICES.forEach(({ name, displayName, type, state, start, pid, binary }, index) => {
    const record = records[index] as bigint;
    const pointer = (offset: number, value: bigint) => memory.pointer(record + BigInt(offset), value, space);
    const word = (offset: number, value: number) => memory.integer(record + BigInt(offset), 4, value, space);
    pointer(at.previous, records[index - 1] ?? 0n);
    pointer(at.name, text(name));
    pointer(at.displayName, text(displayName));
    word(at.type, type);
    word(at.state, state);
    word(at.start, start);
    if (binary === undefined) return;
    if (pid === undefined) {
      pointer(at.process, text(binary));
      return;
    }
    const process = take(0x40);
    const [binaryAt, pidAt] = at.inProcess;
    memory.pointer(process + BigInt(binaryAt), text(binary), space);
    memory.integer(process + BigInt(pidAt), 4, pid, space);
    pointer(at.process, process);
  });
  const header = take(0x40);
  memory.write(header, Buffer.from('serH', 'latin1'), space);
  memory.pointer(header + 16n, records.at(-1) ?? 0n, space);
  return records;
}

const word = (value: number) => hiveBytes(Uint8Array.of(value, 0, 0, 0), 4);

/** The key `Services`. */
export function servicesKey(): HiveKeyTruth {
  const known = SERVICES.flatMap(({ name, type, registered }): HiveKeyTruth[] => {
    if (registered === undefined) return [];
    const { start, imagePath, library } = registered;
    const values = { Type: word(type), Start: word(start), ImagePath: hiveText(imagePath) };
    const parameters = library === undefined ? [] : [{ name: 'Parameters', values: { ServiceDll: hiveText(library) } }];
    return [{ name, values, keys: parameters }];
  });
  const { name, type, start, imagePath } = UNKNOWN_SERVICE;
  const unknown = { name, values: { Type: word(type), Start: word(start), ImagePath: hiveText(imagePath) } };
  return { name: 'Services', keys: [...known, unknown] };
}
