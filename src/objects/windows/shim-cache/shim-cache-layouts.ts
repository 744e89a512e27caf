/**
 * How the application compatibility cache ("shim cache") keeps its entries, by build: public symbols have no types for it.
 *
 * Offsets are facts as published with Volatility 3 (symbols/windows/shimcache); those of 5.2 also stand in ReactOS's sources
 * (ntoskrnl/ps/apphelp.c). A row holds from its build on.
 */

export interface ShimCacheLayout {
  /** First build that is so. */
  readonly build: number;
  /**
   * Where the table of the cache is: in the kernel's data, or wherever a pair of pointers (lock, table) leads, which a
   * pointer in a module's data leads to. Several caches are kept alike; `which` is the one of programs, in their order.
   */
  readonly kept: { readonly in: 'kernel' } | { readonly by: 'kernel' | 'ahcache.sys'; readonly which: number };
  /** The _UNICODE_STRING with the path; the links of the list come first in every entry. */
  readonly path: number;
  /** Leads to a second structure that has the members below; they are in the entry itself where it is not given. */
  readonly detail?: number;
  readonly modified: number;
  /** Of the file; only 5.x keeps it. */
  readonly size?: number;
  /** Flags, of which INSERTED_BY_CSRSS says that a process was made of the file. */
  readonly flags?: number;
  /** Pointer to data of which the first word is not zero when it was executed, behind the length of the data. */
  readonly blob?: { readonly size: number; readonly data: number };
}

/** InsertFlags: set by CSRSS when it makes a process. */
export const INSERTED_BY_CSRSS = 2;

const IN_KERNEL = { in: 'kernel' } as const;

/** By the size of a pointer, the newest first. */
const LAYOUTS: { readonly 4: readonly ShimCacheLayout[]; readonly 8: readonly ShimCacheLayout[] } = {
  8: [
    {
      build: 10240,
      kept: { by: 'ahcache.sys', which: 1 },
      path: 24,
      detail: 40,
      modified: 8,
      blob: { size: 16, data: 24 },
    },
    { build: 9600, kept: { by: 'ahcache.sys', which: 1 }, path: 24, detail: 56, modified: 0, flags: 8 },
    { build: 9200, kept: { by: 'kernel', which: 0 }, path: 24, detail: 56, modified: 0, flags: 8 },
    { build: 6000, kept: IN_KERNEL, path: 16, modified: 32, flags: 40 },
    { build: 3790, kept: IN_KERNEL, path: 16, modified: 32, size: 40 },
  ],
  4: [
    { build: 10240, kept: { by: 'ahcache.sys', which: 1 }, path: 12, detail: 20, modified: 8, flags: 4 },
    { build: 9600, kept: { by: 'ahcache.sys', which: 1 }, path: 16, detail: 32, modified: 0, flags: 8 },
    { build: 9200, kept: { by: 'kernel', which: 1 }, path: 16, detail: 32, modified: 0, flags: 8 },
    { build: 6000, kept: IN_KERNEL, path: 8, modified: 16, flags: 24 },
    { build: 3790, kept: IN_KERNEL, path: 8, modified: 16, size: 24 },
  ],
};

/** Undefined for builds before all of these: XP keeps its cache in memory that processes share, see `shared-shim-cache.ts`. */
export function shimCacheLayout(pointerSize: 4 | 8, build: number): ShimCacheLayout | undefined {
  return LAYOUTS[pointerSize].find((layout) => layout.build <= build);
}
