/**
 * The processor models: which features each announces by CPUID, and the identification leaves. Rows of a feature that
 * is not listed here raise #UD.
 */
import type { Feature } from '../isa/row.js';

export interface CpuModel {
  readonly name: string;
  readonly vendor: string;
  readonly brand: string;
  readonly family: number;
  readonly modelNumber: number;
  readonly stepping: number;
  readonly features: ReadonlySet<Feature>;
  readonly longMode: boolean;
}

const common: readonly Feature[] = ['cx8', 'cmov', 'tsc', 'sep', 'nopl'];

export const PENTIUM3: CpuModel = {
  name: 'pentium3',
  vendor: 'GenuineIntel',
  brand: '',
  family: 6,
  modelNumber: 8,
  stepping: 3,
  features: new Set<Feature>([...common, 'fpu', 'mmx', 'fxsr', 'sse']),
  longMode: false,
};

/** AMD's vendor string: kernels then know that Meltdown's page-table isolation is not needed. */
export const MEMLAPSE64: CpuModel = {
  name: 'memlapse64',
  vendor: 'AuthenticAMD',
  brand: 'memlapse virtual CPU',
  family: 15,
  modelNumber: 107,
  stepping: 1,
  features: new Set<Feature>([
    ...common,
    'fpu',
    'mmx',
    'fxsr',
    'sse',
    'sse2',
    'sse3',
    'ssse3',
    'sse41',
    'sse42',
    'syscall',
    'lm',
    'cx16',
    'rdtscp',
    'lahf64',
    'popcnt',
    'movbe',
    'lzcnt',
    'adx',
    'rdrand',
    'rdseed',
    'fsgsbase',
    'clflush',
  ]),
  longMode: true,
};

/** Everything that is implemented, also what makes kernels slower here (SMAP) or changes how they save state. */
export const MEMLAPSE64_MAX: CpuModel = {
  ...MEMLAPSE64,
  name: 'memlapse64-max',
  features: new Set<Feature>([
    ...MEMLAPSE64.features,
    'umip',
    'smap',
    'clflushopt',
    'clwb',
    'aes',
    'pclmul',
    'xsave',
    'tscDeadline',
  ]),
};

export const MODELS: Readonly<Record<string, CpuModel>> = {
  pentium3: PENTIUM3,
  memlapse64: MEMLAPSE64,
  'memlapse64-max': MEMLAPSE64_MAX,
};
