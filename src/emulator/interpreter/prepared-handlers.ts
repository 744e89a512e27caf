/**
 * The interpreter's usual handlers, generated when the emulator is built: a machine then finds nearly all that it needs, and
 * V8 compiles those of them that run. Handlers depend on shapes only, so they suit every guest.
 *
 * Where the modules lie is the host's business; without them a machine generates what it meets (handler-table.ts).
 */
import { WasmModule } from '../codegen/wasm-module.js';
import { MODES } from '../cpu/mode.js';
import { MEMLAPSE64_MAX } from '../cpu/models.js';
import { Decoder } from '../decode/decoder.js';
import { alu } from '../isa/alu.js';
import { bits } from '../isa/bits.js';
import { control } from '../isa/control.js';
import type { CpuMode } from '../isa/instruction.js';
import { moves } from '../isa/move.js';
import { multiply } from '../isa/multiply.js';
import type { Family } from '../isa/row.js';
import { sseCompare } from '../isa/sse-compare.js';
import { sseConvert } from '../isa/sse-convert.js';
import { sseFloat } from '../isa/sse-float.js';
import { sse4 } from '../isa/sse4.js';
import { stack } from '../isa/stack.js';
import { stateArea } from '../isa/state-area.js';
import { stringCompare } from '../isa/string-compare.js';
import { FAMILIES } from '../isa/tables.js';
import { x87Arithmetic } from '../isa/x87.js';
import { x87Control } from '../isa/x87-control.js';
import { familySamples } from './family-samples.js';
import { HandlerBuilder } from './handler-builder.js';
import { shapeOf } from './handler-shape.js';

/** What the floating-point routines are imported for (softfloat/routines.ts), which not all guests need. */
const FLOATING_POINT: ReadonlySet<Family> = new Set([
  x87Arithmetic,
  x87Control,
  sseFloat,
  sseCompare,
  sseConvert,
  stateArea,
  sse4,
  stringCompare,
]);
/** What a compiler makes of any program has forms that are rare in one, but not in all of them. */
const WIDELY_USED: ReadonlySet<Family> = new Set([alu, moves, multiply, bits, stack, control]);

/** Flat 64-bit and flat 32-bit code, what systems run once they are up; one module each of either part. */
export const PREPARED_PARTS = ['general64', 'floating64', 'general32', 'floating32'] as const;
export type PreparedPart = (typeof PREPARED_PARTS)[number];

/** Finds a module of prepared handlers, where it is there. It exports each under its shape. */
export type PreparedHandlers = (part: PreparedPart) => WebAssembly.Module | undefined;

/** Where the handlers of a family for a mode are. Privilege does not matter to handlers. */
export function preparedPart(family: Family, { codeSize, stackSize, flat }: CpuMode): PreparedPart | undefined {
  if (!flat || codeSize !== stackSize || codeSize === 2) return undefined;
  return `${FLOATING_POINT.has(family) ? 'floating' : 'general'}${codeSize === 8 ? 64 : 32}`;
}

/** The module that `PreparedHandlers` gives out. */
export function prepareHandlers(part: PreparedPart): Uint8Array<ArrayBuffer> {
  const decoder = new Decoder(MEMLAPSE64_MAX.features);
  const module = new WasmModule();
  module.importTable('handlers');
  for (const family of FAMILIES) {
    const mode = MODES.find((one) => preparedPart(family, one) === part);
    if (mode === undefined) continue;
    const samples = familySamples(family, mode, decoder, WIDELY_USED.has(family) ? 'wide' : 'common');
    for (const [shape, sample] of new Map(samples.map((one) => [shapeOf(one), one]))) {
      new HandlerBuilder(module, mode).build(sample, shape);
    }
  }
  return module.finish();
}
