/** All instruction tables. Order matters only between rows of one opcode: the first that fits is taken. */
import { alu } from './alu.js';
import { bits } from './bits.js';
import { control } from './control.js';
import { flagOps } from './flag-ops.js';
import { moves } from './move.js';
import { multiply } from './multiply.js';
import type { Family } from './row.js';
import { shifts } from './shift.js';
import { stack } from './stack.js';
import { strings } from './string.js';
import { system } from './system.js';

export const FAMILIES: readonly Family[] = [
  system,
  alu,
  moves,
  shifts,
  multiply,
  bits,
  stack,
  control,
  strings,
  flagOps,
];
