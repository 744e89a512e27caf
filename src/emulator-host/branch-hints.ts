/**
 * Lets V8 use what generated code says about its branches (`codegen/wasm-module.ts`): rare arms are then compiled out of the
 * way, and registers are saved only in them. V8 knows the proposal but does not yet follow it unasked.
 */
import { setFlagsFromString } from 'node:v8';

/** Versions of V8 (Node 20 to 24) whose flag has this name; to the others it would be an error. */
const FIRST = 11;
const LAST = 13;

/** To be called before code is generated; hints of code that was compiled before are lost. */
export function useBranchHints(): void {
  const version = Number.parseInt(process.versions.v8, 10);
  if (version >= FIRST && version <= LAST) setFlagsFromString('--experimental-wasm-branch-hinting');
}
