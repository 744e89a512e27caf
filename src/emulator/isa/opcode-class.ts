/**
 * The classes of an instruction, from the tables: what its row says, what its family is about, whether it repeats. Event
 * filters and whoever else asks what kind of instruction one is take them from here.
 */
import { crypto } from './crypto.js';
import { farControl } from './far-control.js';
import { packedInteger } from './packed-integer.js';
import { portIo } from './port-io.js';
import type { Family, OpcodeClass, Row } from './row.js';
import { sseApproximate } from './sse-approximate.js';
import { sseCompare } from './sse-compare.js';
import { sseConvert } from './sse-convert.js';
import { sseFloat } from './sse-float.js';
import { sseMove } from './sse-move.js';
import { sse4 } from './sse4.js';
import { ssse3 } from './ssse3.js';
import { stateArea } from './state-area.js';
import { stringCompare } from './string-compare.js';
import { system } from './system.js';
import { FAMILIES } from './tables.js';
import { x87Arithmetic } from './x87.js';
import { x87Control } from './x87-control.js';

const VECTORS: readonly Family[] = [
  ...[packedInteger, sseMove, sseFloat, sseCompare, sseConvert, ssse3, sse4, crypto, stringCompare, sseApproximate],
];

const FAMILY_CLASSES: ReadonlyMap<Family, OpcodeClass> = new Map<Family, OpcodeClass>([
  [portIo, 'port-io'],
  [x87Arithmetic, 'x87'],
  [x87Control, 'x87'],
  [stateArea, 'system'],
  [system, 'system'],
  [farControl, 'system'],
  ...VECTORS.map((family) => [family, 'vector'] as const),
]);

const byRow: ReadonlyMap<Row, ReadonlySet<OpcodeClass>> = new Map(
  FAMILIES.flatMap((family) => {
    const own = FAMILY_CLASSES.get(family);
    return family.rows.map((row) => {
      const classes = [...(own === undefined ? [] : [own]), ...(row.repeatable ? (['string'] as const) : [])];
      return [row, new Set([...classes, ...(row.classes ?? [])])] as const;
    });
  }),
);

const NONE: ReadonlySet<OpcodeClass> = new Set();

/** The classes of a row of the tables; moves, arithmetic and the like have none. */
export function classesOf(row: Row): ReadonlySet<OpcodeClass> {
  return byRow.get(row) ?? NONE;
}
