/** A digest of everything that a bare processor consists of: saved state and RAM. */
import { createHash } from 'node:crypto';
import type { MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';

export function digest(cpu: MemlapseProcessor): string {
  const plain = (_key: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return `0x${value.toString(16)}`;
    return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
  };
  return createHash('sha256').update(JSON.stringify(cpu.saveState(), plain)).update(cpu.ram).digest('hex');
}
