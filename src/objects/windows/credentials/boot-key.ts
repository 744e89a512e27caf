/**
 * The key that all others are kept with: hidden in the class names of four keys of the SYSTEM hive.
 * Source: N. Petroni, B. Dolan-Gavitt, "SysKey and the SAM" (2008); the same in all versions since 5.0.
 */
import type { RegistryKey } from '../../../formats/regf/registry-key.js';

const PARTS = ['JD', 'Skew1', 'GBG', 'Data'] as const;
const ORDER = [8, 5, 4, 2, 11, 9, 13, 3, 0, 6, 1, 12, 14, 10, 15, 7] as const;

/** @param lsa the key Control\Lsa of the current control set. Undefined where a part is missing, as on ReactOS. */
export function bootKey(lsa: RegistryKey | undefined): Uint8Array | undefined {
  const text = PARTS.map((name) => lsa?.subkey(name)?.className ?? '').join('');
  if (!/^[0-9a-f]{32}$/i.test(text)) return undefined;
  const scrambled = Buffer.from(text, 'hex');
  return Uint8Array.from(ORDER, (place) => scrambled[place] as number);
}
