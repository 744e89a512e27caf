/** All instruction tables. Order matters only between rows of one opcode: the first that fits is taken. */
import { alu } from './alu.js';
import { bits } from './bits.js';
import { control } from './control.js';
import { crypto } from './crypto.js';
import { farControl } from './far-control.js';
import { flagOps } from './flag-ops.js';
import { moves } from './move.js';
import { multiply } from './multiply.js';
import { packedInteger } from './packed-integer.js';
import { portIo } from './port-io.js';
import type { Family } from './row.js';
import { shifts } from './shift.js';
import { sseApproximate } from './sse-approximate.js';
import { sseCompare } from './sse-compare.js';
import { sseConvert } from './sse-convert.js';
import { sseFloat } from './sse-float.js';
import { sseMove } from './sse-move.js';
import { sse4 } from './sse4.js';
import { ssse3 } from './ssse3.js';
import { stack } from './stack.js';
import { stateArea } from './state-area.js';
import { strings } from './string.js';
import { stringCompare } from './string-compare.js';
import { system } from './system.js';
import { x87Arithmetic } from './x87.js';
import { x87Control } from './x87-control.js';

export const FAMILIES: readonly Family[] = [
  system,
  farControl,
  portIo,
  alu,
  moves,
  shifts,
  multiply,
  bits,
  stack,
  control,
  strings,
  flagOps,
  x87Arithmetic,
  x87Control,
  stateArea,
  packedInteger,
  sseMove,
  sseFloat,
  sseCompare,
  sseConvert,
  ssse3,
  sse4,
  crypto,
  stringCompare,
  sseApproximate,
];
