// The processor model that is held against the host's processor: everything that is implemented here and that the host
// has. Says nothing about which rows a user program can compare.

import { type CpuModel, MEMLAPSE64_MAX } from '../../../src/emulator/cpu/models.js';
import type { Feature } from '../../../src/emulator/isa/row.js';
import type { HostCpu } from './host/host-cpu.js';

/** Names in /proc/cpuinfo, where they are others; '' for what every x86-64 processor has. */
const NAMES_OF_LINUX: Partial<Record<Feature, string>> = {
  lm: '', nopl: '', cx8: '', cmov: '', fpu: '', mmx: '', fxsr: '', sse: '', sse2: '',
  sse3: 'pni', sse41: 'sse4_1', sse42: 'sse4_2', lzcnt: 'abm', pclmul: 'pclmulqdq', lahf64: 'lahf_lm',
}; // biome-ignore format: a table

export function comparableModel({ features }: HostCpu): CpuModel {
  const isThere = (feature: Feature): boolean => {
    const name = NAMES_OF_LINUX[feature] ?? feature;
    return name === '' || features.has(name);
  };
  return { ...MEMLAPSE64_MAX, features: new Set([...MEMLAPSE64_MAX.features].filter(isThere)) };
}
