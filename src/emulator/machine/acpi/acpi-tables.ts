/**
 * The ACPI tables that firmware would leave in memory (ACPI 6.4, 5.2): RSDP, RSDT, XSDT, FADT, FACS, MADT, DSDT. Fixed
 * hardware, one processor, one I/O APIC; no HPET, no MCFG.
 */
import { InvariantError } from '../../../core/errors.js';
import { PM_OFFSETS, RESET_VALUE } from '../../devices/acpi/power-management.js';
import { ACPI_TABLES, ACPI_TABLES_BYTES, IO_APIC, IO_APIC_TIMER_PIN, IRQ, LOCAL_APIC, PORT } from '../memory-map.js';
import { dsdtBody } from './dsdt.js';

const HEADER_BYTES = 36;
const OEM = 'MEMLPS';
const OEM_TABLE = 'MEMLAPSE';
const RSDP_BYTES = 36;
const FADT_BYTES = 276;

/** Fields of the FADT (table 5.9) by offset; everything else is zero. */
const FADT_FIELDS = {
  facs: [36, 4],
  dsdt: [40, 4],
  preferredProfile: [45, 1],
  sciInterrupt: [46, 2],
  pm1aEvent: [56, 4],
  pm1aControl: [64, 4],
  pmTimer: [76, 4],
  pm1EventLength: [88, 1],
  pm1ControlLength: [89, 1],
  pmTimerLength: [91, 1],
  c2Latency: [96, 2],
  c3Latency: [98, 2],
  century: [108, 1],
  bootArchitecture: [109, 2],
  flags: [112, 4],
  resetRegister: [116, 12],
  resetValue: [128, 1],
  minorVersion: [131, 1],
  dsdt64: [140, 8],
  pm1aEvent64: [148, 12],
  pm1aControl64: [172, 12],
  pmTimer64: [208, 12],
} as const;

/** WBINVD works, C1 works, sleep button absent, RTC wake absent, reset register present. */
const FADT_FLAGS = 1 | (1 << 2) | (1 << 5) | (1 << 6) | (1 << 10);
/** Legacy devices and an 8042 are there, VGA and MSI are not (bits 0-3). */
const BOOT_ARCHITECTURE = 0b1111;
/** Latencies above these say that C2 and C3 do not exist. */
const NO_C2 = 101;
const NO_C3 = 1001;

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => (total + byte) & 0xff, 0);

function text(target: Uint8Array, offset: number, value: string): void {
  target.set(new TextEncoder().encode(value), offset);
}

/** A table with its header (5.2.6) and checksum. */
function table(signature: string, revision: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  text(bytes, 0, signature);
  view.setUint32(4, bytes.length, true);
  bytes[8] = revision;
  text(bytes, 10, OEM);
  text(bytes, 16, OEM_TABLE);
  view.setUint32(24, 1, true);
  text(bytes, 28, 'MLPS');
  view.setUint32(32, 1, true);
  bytes.set(body, HEADER_BYTES);
  bytes[9] = -sum(bytes) & 0xff;
  return bytes;
}

/** A generic address structure (5.2.3.2) in I/O space. */
function portAddress(port: number, bits: number): bigint[] {
  const accessSize = { 8: 1, 16: 2, 32: 3 }[bits] ?? 0;
  return [BigInt(1 | (bits << 8) | (accessSize << 24)), BigInt(port)];
}

function fadt(facs: number, dsdt: number): Uint8Array {
  const body = new Uint8Array(FADT_BYTES - HEADER_BYTES);
  const view = new DataView(body.buffer);
  const set = (name: keyof typeof FADT_FIELDS, value: number | bigint[]): void => {
    const [offset, size] = FADT_FIELDS[name];
    const at = offset - HEADER_BYTES;
    if (Array.isArray(value)) {
      view.setUint32(at, Number(value[0]), true);
      view.setBigUint64(at + 4, value[1] ?? 0n, true);
    } else if (size === 1) view.setUint8(at, value as number);
    else if (size === 2) view.setUint16(at, value as number, true);
    else if (size === 4) view.setUint32(at, value as number, true);
    else view.setBigUint64(at, BigInt(value as number), true);
  };
  set('facs', facs);
  set('dsdt', dsdt);
  set('dsdt64', dsdt);
  set('preferredProfile', 1);
  set('sciInterrupt', IRQ.sci);
  set('pm1aEvent', PORT.power + PM_OFFSETS.event);
  set('pm1aEvent64', portAddress(PORT.power + PM_OFFSETS.event, 32));
  set('pm1EventLength', 4);
  set('pm1aControl', PORT.power + PM_OFFSETS.control);
  set('pm1aControl64', portAddress(PORT.power + PM_OFFSETS.control, 16));
  set('pm1ControlLength', 2);
  set('pmTimer', PORT.power + PM_OFFSETS.timer);
  set('pmTimer64', portAddress(PORT.power + PM_OFFSETS.timer, 32));
  set('pmTimerLength', 4);
  set('c2Latency', NO_C2);
  set('c3Latency', NO_C3);
  set('century', 0x32);
  set('bootArchitecture', BOOT_ARCHITECTURE);
  set('flags', FADT_FLAGS);
  set('resetRegister', portAddress(PORT.reset, 8));
  set('resetValue', RESET_VALUE);
  set('minorVersion', 3);
  return table('FACP', 6, body);
}

/** Firmware ACPI control structure (5.2.10): no header checksum, 64-byte aligned. */
function facs(): Uint8Array {
  const bytes = new Uint8Array(64);
  text(bytes, 0, 'FACS');
  bytes[4] = 64;
  bytes[32] = 2;
  return bytes;
}

/** Interrupt source override (5.2.12.5). Flags: polarity 1 high 3 low, trigger 1 edge 3 level in bits 2-3. */
function override(irq: number, pin: number, flags: number): readonly number[] {
  return [2, 10, 0, irq, pin, 0, 0, 0, flags, 0];
}

function madt(): Uint8Array {
  const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
  const PCAT_COMPATIBLE = 1;
  const LEVEL_HIGH = 0b1101;
  return table(
    'APIC',
    4,
    Uint8Array.from([
      ...word(LOCAL_APIC.start),
      ...word(PCAT_COMPATIBLE),
      // Processor 0 with APIC id 0, enabled.
      ...[0, 8, 0, 0, 1, 0, 0, 0],
      ...[1, 12, 0, 0, ...word(IO_APIC.start), ...word(0)],
      ...override(IRQ.timer, IO_APIC_TIMER_PIN, 0),
      ...override(IRQ.sci, IRQ.sci, LEVEL_HIGH),
      // NMI on LINT1 of every processor.
      ...[4, 6, 0xff, 0, 0, 1],
    ]),
  );
}

function pointers(addresses: readonly number[], bytes: 4 | 8): Uint8Array {
  const body = new Uint8Array(addresses.length * bytes);
  const view = new DataView(body.buffer);
  addresses.forEach((address, i) => {
    view.setUint32(i * bytes, address, true);
  });
  return body;
}

function rsdp(rsdt: number, xsdt: number): Uint8Array {
  const bytes = new Uint8Array(RSDP_BYTES);
  const view = new DataView(bytes.buffer);
  text(bytes, 0, 'RSD PTR ');
  text(bytes, 9, OEM);
  bytes[15] = 2;
  view.setUint32(16, rsdt, true);
  view.setUint32(20, RSDP_BYTES, true);
  view.setUint32(24, xsdt, true);
  bytes[8] = -sum(bytes.subarray(0, 20)) & 0xff;
  bytes[32] = -sum(bytes) & 0xff;
  return bytes;
}

export interface AcpiTables {
  /** Physical address of the RSDP, which is also where `bytes` begin. */
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Each table by signature, for inspection. */
  readonly tables: ReadonlyMap<string, Uint8Array>;
}

/** Builds all tables for their place in the machine's memory map. */
export function buildAcpiTables(): AcpiTables {
  const bytes = new Uint8Array(ACPI_TABLES_BYTES);
  const tables = new Map<string, Uint8Array>();
  let next = 64;
  const put = (signature: string, content: Uint8Array): number => {
    const at = next;
    next = (at + content.length + 63) & ~63;
    if (next > bytes.length) throw new InvariantError('the ACPI tables do not fit');
    bytes.set(content, at);
    tables.set(signature, content);
    return ACPI_TABLES + at;
  };
  const facsAt = put('FACS', facs());
  const dsdtAt = put('DSDT', table('DSDT', 2, dsdtBody()));
  const described = [put('FACP', fadt(facsAt, dsdtAt)), put('APIC', madt())];
  const rsdtAt = put('RSDT', table('RSDT', 1, pointers(described, 4)));
  const xsdtAt = put('XSDT', table('XSDT', 1, pointers(described, 8)));
  bytes.set(rsdp(rsdtAt, xsdtAt));
  return { address: ACPI_TABLES, bytes: bytes.slice(0, next), tables };
}
