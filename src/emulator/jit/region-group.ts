/**
 * Kept regions, translated again into one module. V8 takes in a module of two thousand functions as quickly as a few of one
 * function, and a guest that boots takes in most of what is kept for it.
 */
import { InvariantError } from '../../core/errors.js';
import { WasmModule } from '../codegen/wasm-module.js';
import { MODES } from '../cpu/mode.js';
import type { Decoder } from '../decode/decoder.js';
import type { CpuMode, Instruction } from '../isa/instruction.js';
import { type RegionRecord, regionName } from './kept-region.js';
import type { Leave } from './leave.js';
import { numbered, type RegionBlock, regionBlock } from './region-blocks.js';
import { RegionBuilder } from './region-builder.js';
import { usedRegisters } from './used-registers.js';

/** Not compiled: what V8 would optimize of it now, it could not tell. */
export interface RegionGroup {
  /** In the order of the module's functions. */
  readonly regions: readonly RegionRecord[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** @param decoder of the processor model that the regions were made for */
export function groupRegions(records: readonly RegionRecord[], decoder: Decoder): RegionGroup {
  const module = new WasmModule();
  const regions = records.map((record, index) => {
    const mode = MODES[record.mode] as CpuMode;
    const blocks = blocksOf(record, mode, decoder);
    const builder = new RegionBuilder(module, mode, usedRegisters(blocks.flatMap(({ instructions }) => instructions)));
    builder.build(blocks, regionName(index));
    const leaves: readonly Leave[] = builder.leaves;
    return { ...record, leaves: () => leaves };
  });
  return { regions, bytes: module.finish() };
}

/** The blocks as they were planned; where in memory they lie does not matter for their code. */
function blocksOf({ blocks, code }: RegionRecord, mode: CpuMode, decoder: Decoder): RegionBlock[] {
  let position = 0;
  return numbered(
    blocks.map(({ delta, length }) => {
      const instructions: Instruction[] = [];
      const end = position + length;
      while (position < end) {
        const one = decoder.decode(code, position, end, mode);
        if (typeof one !== 'object') throw new InvariantError('a kept region has bytes that are no code');
        instructions.push(one);
        position += one.length;
      }
      return regionBlock(delta, 0, length, instructions);
    }),
  );
}
