/**
 * What the parts of a synthetic NT guest share: its memory, its pool, where the kernel and its variables are, and text.
 *
 * Tests that need more structures in the guest write them through this, too: `pool.allocate`, `memory.set`, `objects.make`.
 */
import { NtMemory } from './nt-memory.js';
import { NtObjects } from './nt-objects.js';
import { NtPool } from './nt-pool.js';
import { NtTypes } from './nt-types.js';

/** Where things are that a boot places: regions of the kernel's half, in builds before and since Windows 10 1607. */
export const KERNEL_BASE = 0xffff_f800_2060_0000n;
export const MODULES_BASE = 0xffff_f800_2800_0000n;
export const SHARED_DATA = 0xffff_f780_0000_0000n;
const POOL_BASE = { early: 0xffff_fa80_0180_0000n, late: 0xffff_c10a_1220_0000n } as const;
const FIRST_LATE = 14393;
const MEMORY_SIZE = 48 * 2 ** 20;

export class NtGuest {
  readonly types: NtTypes;
  readonly memory: NtMemory;
  readonly pool: NtPool;
  readonly objects: NtObjects;
  /** Bases of kernel images by name. */
  readonly modules = new Map<string, bigint>([['ntoskrnl.exe', KERNEL_BASE]]);
  readonly #files = new Map<string, bigint>();

  /** @param version of a build in profiles-data: `10.0.19041.804` */
  constructor(version: string) {
    this.types = new NtTypes(version);
    this.memory = new NtMemory(this.types, MEMORY_SIZE);
    this.pool = new NtPool(this.memory, this.types.buildNumber < FIRST_LATE ? POOL_BASE.early : POOL_BASE.late);
    // Processes take over the kernel's half as it is: its regions have to have tables by then.
    for (const region of [KERNEL_BASE, MODULES_BASE, SHARED_DATA]) this.memory.page(this.memory.kernel, region);
    this.objects = new NtObjects(this);
  }

  /** Address of a kernel variable. Throws when the build does not have it. */
  symbol(name: string): bigint {
    const rva = this.types.rva(name);
    if (rva === undefined) throw new Error(`Windows ${this.types.version} has no ${name}`);
    return KERNEL_BASE + BigInt(rva);
  }

  /** Writes a kernel variable where the build has it. */
  setVariable(name: string, size: number, value: bigint | number): void {
    if (this.types.rva(name) !== undefined) this.memory.integer(this.symbol(name), size, value);
  }

  /** Points a `_UNICODE_STRING` member at a new copy of `text`. */
  setUnicode(address: bigint, struct: string, path: string, text: string): void {
    const bytes = Buffer.from(text, 'utf16le');
    const buffer = bytes.length === 0 ? 0n : this.pool.allocate('Strg', bytes.length + 2, true);
    this.memory.write(buffer, bytes);
    const value = { Length: bytes.length, MaximumLength: bytes.length + 2, Buffer: buffer };
    const prefixed = Object.entries(value).map(([member, number]) => [`${path}.${member}`, number]);
    this.memory.set(address, struct, Object.fromEntries(prefixed));
  }

  /** `ntoskrnl.exe+0x1000` or a number as an address. */
  resolve(place: string): bigint {
    const [module = '', offset] = place.split('+');
    if (offset === undefined) return BigInt(module);
    const base = this.modules.get(module);
    if (base === undefined) throw new Error(`there is no module ${module}`);
    return base + BigInt(offset);
  }

  /** The file object for a path on the system's volume, made when it is asked for first. */
  file(path: string): bigint {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const device = this.objects.find('\\Device\\HarddiskVolume1') ?? 0n;
    const file = this.objects.make('File', {
      values: { Type: 5, Size: this.types.size('_FILE_OBJECT'), DeviceObject: device, ReadAccess: 1, SharedRead: 1 },
    });
    this.setUnicode(file, '_FILE_OBJECT', 'FileName', path);
    this.#files.set(path, file);
    return file;
  }
}

/** A UTC time as NT's steps of 100 ns since 1601. */
export function ntTime(text: string): bigint {
  const [, whole = '', fraction = ''] = /^(.*?)(?:\.(\d{1,7}))?Z$/.exec(text) ?? [];
  return (BigInt(Date.parse(`${whole}Z`)) + 11_644_473_600_000n) * 10_000n + BigInt(fraction.padEnd(7, '0'));
}
