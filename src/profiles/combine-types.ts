/** Several type sources as one: of two that know a name the first counts. */
import type { TypeSource } from './types.js';

/** `later` is asked for once, when a name is not in `first`. */
export function combineTypes(first: TypeSource, later: () => readonly TypeSource[]): TypeSource {
  let others: readonly TypeSource[] | undefined;
  const rest = (): readonly TypeSource[] => {
    others ??= later();
    return others;
  };
  return {
    pointerSize: first.pointerSize,
    struct(name) {
      const own = first.struct(name);
      if (own !== undefined) return own;
      for (const source of rest()) {
        const struct = source.struct(name);
        if (struct !== undefined) return struct;
      }
      return undefined;
    },
    enum(name) {
      const own = first.enum(name);
      if (own !== undefined) return own;
      for (const source of rest()) {
        const found = source.enum(name);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    structNames: () => new Set([...first.structNames(), ...rest().flatMap((source) => [...source.structNames()])]),
    aliasNames: () => first.aliasNames?.() ?? [],
    enumNames: () => new Set([...first.enumNames(), ...rest().flatMap((source) => [...source.enumNames()])]),
  };
}
