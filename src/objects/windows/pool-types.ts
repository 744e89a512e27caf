/** Kinds of pool memory by their number. Source: POOL_TYPE in wdm.h; _POOL_TYPE in Microsoft's public symbols. */
const KINDS: Readonly<Record<number, string>> = {
  0: 'NonPaged',
  1: 'Paged',
  2: 'NonPagedMustSucceed',
  3: 'DontUse',
  4: 'NonPagedCacheAligned',
  5: 'PagedCacheAligned',
  6: 'NonPagedCacheAlignedMustS',
  32: 'NonPagedSession',
  33: 'PagedSession',
  512: 'NonPagedNx',
  516: 'NonPagedNxCacheAligned',
  544: 'NonPagedSessionNx',
};

/** `NonPaged`; the number where it has no name. */
export function poolTypeName(type: number): string {
  return KINDS[type] ?? `${type}`;
}
