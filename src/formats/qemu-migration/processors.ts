/**
 * Registers from the `cpu` sections of a migration stream (QEMU target/i386/machine.c, `vmstate_x86_cpu`).
 */
import type { ProcessorRegisters } from '../../memory/physical-memory.js';
import type { DeviceFields } from './device-state.js';

/** Index of GS in `env.segs`, and where a segment record keeps its base (after a 32-bit selector). */
const GS = 5;
const SEGMENTS = 6;
const BASE_OFFSET = 4;

/** A register of 4 (qemu-system-i386) or 8 bytes, big-endian. */
function register(bytes: Uint8Array | undefined): bigint | undefined {
  if (bytes?.length === 8) return Buffer.from(bytes).readBigUInt64BE();
  return bytes?.length === 4 ? BigInt(Buffer.from(bytes).readUInt32BE()) : undefined;
}

/** The base in a segment record, whose length tells how wide it is: selector, base, limit, flags. */
function segmentBase(record: Uint8Array | undefined): bigint | undefined {
  if (!record || record.length < 12) return undefined;
  return register(record.subarray(BASE_OFFSET, record.length - 8));
}

export function registersOf(cpu: DeviceFields): ProcessorRegisters | undefined {
  const cr3 = register(cpu.get('env.cr[3]'));
  if (cr3 === undefined) return undefined;
  const segments = cpu.get('env.segs');
  const width = segments ? segments.length / SEGMENTS : 0;
  const values = {
    rip: register(cpu.get('env.eip')),
    cr0: register(cpu.get('env.cr[0]')),
    cr4: register(cpu.get('env.cr[4]')),
    idt: segmentBase(cpu.get('env.idt')),
    gsBase: segmentBase(segments?.subarray(GS * width, (GS + 1) * width)),
    kernelGsBase: register(cpu.get('env.kernelgsbase')),
  };
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return { cr3, ...(Object.fromEntries(known) as Omit<ProcessorRegisters, 'cr3'>) };
}
