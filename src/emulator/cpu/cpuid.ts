/** CPUID leaves from a model (SDM volume 2, "CPUID"; AMD volume 3, appendix E). */
import type { Feature } from '../isa/row.js';
import { CR4 } from './control-bits.js';
import type { CpuState } from './cpu-state.js';
import type { CpuModel } from './models.js';

export type Leaf = readonly [eax: number, ebx: number, ecx: number, edx: number];

type BitTable = readonly (readonly [bit: number, feature: Feature | 'always'])[];

const LEAF1_EDX: BitTable = [
  [0, 'fpu'], [3, 'always'], [4, 'tsc'], [5, 'always'], [6, 'always'], [8, 'cx8'], [9, 'always'], [11, 'sep'],
  [12, 'always'], [13, 'always'], [15, 'cmov'], [16, 'always'], [17, 'always'], [19, 'clflush'], [23, 'mmx'],
  [24, 'fxsr'], [25, 'sse'], [26, 'sse2'],
]; // biome-ignore format: a table
const LEAF1_ECX: BitTable = [
  [0, 'sse3'], [1, 'pclmul'], [9, 'ssse3'], [13, 'cx16'], [19, 'sse41'], [20, 'sse42'], [22, 'movbe'], [23, 'popcnt'],
  [24, 'tscDeadline'], [25, 'aes'], [26, 'xsave'], [30, 'rdrand'],
]; // biome-ignore format: a table
const LEAF7_EBX: BitTable = [[0, 'fsgsbase'], [18, 'rdseed'], [19, 'adx'], [20, 'smap'], [23, 'clflushopt'], [24, 'clwb']]; // biome-ignore format: a table
const LEAF7_ECX: BitTable = [[2, 'umip']];
const EXTENDED_EDX: BitTable = [
  [0, 'fpu'], [3, 'always'], [4, 'tsc'], [5, 'always'], [6, 'always'], [8, 'cx8'], [9, 'always'], [11, 'syscall'],
  [12, 'always'], [13, 'always'], [15, 'cmov'], [16, 'always'], [17, 'always'], [20, 'always'], [23, 'mmx'],
  [24, 'fxsr'], [27, 'rdtscp'], [29, 'lm'],
]; // biome-ignore format: a table
const EXTENDED_ECX: BitTable = [
  [0, 'lahf64'],
  [5, 'lzcnt'],
];

const HYPERVISOR = 1 << 31;
/** EDX of leaf 1 and of the first extended leaf. */
const LOCAL_APIC = 1 << 9;

function bits(model: CpuModel, table: BitTable): number {
  let word = 0;
  for (const [bit, feature] of table) if (feature === 'always' || model.features.has(feature)) word |= 1 << bit;
  return word;
}

function words(text: string, count: number): number[] {
  const bytes = new Uint8Array(count * 4);
  for (let i = 0; i < text.length && i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return [...new Int32Array(bytes.buffer)];
}

/** EAX of leaf 1: family, model and stepping with their extended fields. */
function signature(model: CpuModel): number {
  const family = Math.min(model.family, 15);
  const extended = model.family - family;
  return (
    (extended << 20) |
    ((model.modelNumber >> 4) << 16) |
    (family << 8) |
    ((model.modelNumber & 15) << 4) |
    model.stepping
  );
}

const NOTHING: Leaf = [0, 0, 0, 0];

/** The answer of CPUID for leaf `eax` and subleaf `ecx`. */
export function cpuidLeaf(
  model: CpuModel,
  { state, apicOn }: { state: CpuState; apicOn: boolean },
  eax: number,
  ecx: number,
): Leaf {
  const extendedMax = model.longMode ? 0x8000_0008 : 0x8000_0004;
  const hasXsave = model.features.has('xsave');
  const basicMax = hasXsave ? 13 : model.longMode ? 7 : 2;
  const leaf = eax >>> 0;
  switch (leaf) {
    case 0: {
      const [b, d, c] = words(model.vendor, 3) as [number, number, number];
      return [basicMax, b, c, d];
    }
    case 1: {
      const osxsave = hasXsave && (state.cr4 & CR4.OSXSAVE) !== 0 ? 1 << 27 : 0;
      const lines = model.features.has('clflush') ? 8 << 8 : 0;
      const edx = bits(model, LEAF1_EDX) & ~(apicOn ? 0 : LOCAL_APIC);
      return [signature(model), lines, bits(model, LEAF1_ECX) | osxsave | HYPERVISOR, edx];
    }
    case 7:
      return basicMax >= 7 && ecx === 0
        ? [0, bits(model, LEAF7_EBX) | (model.longMode ? 1 << 7 : 0), bits(model, LEAF7_ECX), 0]
        : NOTHING;
    case 13:
      // x87 and SSE state only: 512 bytes of legacy area and the 64-byte header.
      if (!hasXsave) return NOTHING;
      return ecx === 0 ? [3, 576, 576, 0] : NOTHING;
    case 0x8000_0000: {
      const [b, d, c] = words(model.vendor, 3) as [number, number, number];
      return [extendedMax | 0, b, c, d];
    }
    case 0x8000_0001: {
      const hidden = (model.longMode ? 0 : (1 << 20) | (1 << 11)) | (apicOn ? 0 : LOCAL_APIC);
      const legacy = bits(model, EXTENDED_EDX) & ~hidden;
      return [signature(model), 0, bits(model, EXTENDED_ECX), model.longMode ? legacy : 0];
    }
    case 0x8000_0002:
    case 0x8000_0003:
    case 0x8000_0004:
      return words(model.brand, 12).slice((leaf - 0x8000_0002) * 4, (leaf - 0x8000_0001) * 4) as unknown as Leaf;
    case 0x8000_0008:
      return model.longMode ? [0x3028, 0, 0, 0] : NOTHING;
    default:
      return NOTHING;
  }
}
