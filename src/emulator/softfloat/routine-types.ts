// The signatures of the routines that generated code may call: those with at most one result, by name. Derived from
// the routines themselves.

import type { FunctionType } from '../codegen/wasm-module.js';
import { buildRoutines } from './routines.js';

export const ROUTINE_TYPES: Readonly<Record<string, FunctionType>> = Object.fromEntries(
  buildRoutines()
    .functions.filter(({ results }) => results.length <= 1)
    .map(({ name, params, results }) => [name, { params, results }]),
);
