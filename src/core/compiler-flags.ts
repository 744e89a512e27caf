/**
 * Settings of V8 for generated code. Compiled code that is kept, of guests and of the command line itself, is checked
 * against them: every process has the same from its start.
 */
import { setFlagsFromString } from 'node:v8';

/** With the versions of V8 (Node 20 to 24) that know the flag by this name; to others it would be an error. */
export interface VersionedFlag {
  readonly flag: string;
  readonly first: number;
  readonly last: number;
}

const FLAGS: readonly VersionedFlag[] = [
  /**
   * Follow what generated code says about its branches (`codegen/wasm-module.ts`): rare arms are compiled out of the way,
   * and registers are saved only in them. V8 knows the proposal but does not yet follow it unasked.
   */
  { flag: '--experimental-wasm-branch-hinting', first: 11, last: 13 },
  /** Optimize functions after a thirtieth of the usual work in them: what is optimized is kept for later runs. */
  { flag: '--wasm-tiering-budget=60000', first: 10, last: 13 },
  /** Each function under optimization takes tens of megabytes; more threads than this gain nothing beside the guest's. */
  { flag: '--wasm-num-compilation-tasks=1', first: 10, last: 13 },
];

/** Sets a flag where this V8 knows it; says whether it does. */
export function setKnownFlag({ flag, first, last }: VersionedFlag): boolean {
  const version = Number.parseInt(process.versions.v8, 10);
  const isKnown = version >= first && version <= last;
  if (isKnown) setFlagsFromString(flag);
  return isKnown;
}

/** To be called before code is generated: hints of code that was compiled before are lost. */
export function useCompilerFlags(): void {
  for (const flag of FLAGS) setKnownFlag(flag);
}
