/**
 * Opens QEMU migration streams.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import { zlibPage } from '../codecs/page-codecs.js';
import type { MemoryFormat } from '../format.js';
import { type Extent, lastAtOrBelow } from '../image/extents.js';
import { type PageLoader, pageReader } from '../image/page-reader.js';
import { rangesOf } from '../image/ranges.js';
import { WindowReader } from '../sources/window-reader.js';
import { readDevices } from './device-state.js';
import { STREAM_MAGIC, STREAM_VERSION, streamHeader } from './layout.js';
import { pageKind } from './page-index.js';
import { registersOf } from './processors.js';
import { mainMemory, memoryBelow4G, memorySizes, physicalExtents } from './ram-layout.js';
import { type RamBlock, readRamStream } from './ram-stream.js';

/** A block this large that is not main memory is hot-plugged memory, whose address the stream does not tell. */
const NOTEWORTHY_BLOCK = 128 * 2 ** 20;
/** Lists of block names in notes are cut here. */
const MAX_LIST = 200;
/** The longest compressed page that the stream reader lets pass. */
const MAX_ZLIB = 2 * PAGE_SIZE;

function listed(blocks: readonly RamBlock[]): string {
  return blocks
    .map(({ name }) => name)
    .join(', ')
    .slice(0, MAX_LIST);
}

/** Loads pages by their physical frame, through extents whose offsets count through the blocks put together. */
function loader(source: ByteSource, main: readonly RamBlock[], extents: readonly Extent[]): PageLoader {
  const reader = new WindowReader(source);
  const starts = Float64Array.from(extents, (extent) => extent.start);
  const blockStarts = new Float64Array(main.length);
  for (let i = 1; i < main.length; i++)
    blockStarts[i] = (blockStarts[i - 1] as number) + (main[i - 1] as RamBlock).length;

  return (frame, page) => {
    const extent = extents[lastAtOrBelow(starts, frame * PAGE_SIZE)];
    if (!extent) return false;
    const offset = extent.offset + frame * PAGE_SIZE - extent.start;
    const block = lastAtOrBelow(blockStarts, offset);
    const found = main[block]?.pages.get((offset - (blockStarts[block] as number)) / PAGE_SIZE);
    if (!found || found.kind === pageKind.lost) return false;
    if (found.kind === pageKind.fill) {
      page.fill(found.place);
      return true;
    }
    if (found.kind === pageKind.zlib) {
      const size = Buffer.from(reader.view(found.place, 4)).readUInt32BE();
      return size <= MAX_ZLIB && zlibPage(reader.view(found.place + 4, size), page);
    }
    const stored = reader.view(found.place, PAGE_SIZE);
    page.set(stored);
    return stored.length === PAGE_SIZE;
  };
}

export const qemuMigrationFormat: MemoryFormat = {
  name: 'qemu-migration',
  detect(head) {
    const header = streamHeader.decode(head);
    return header?.magic === STREAM_MAGIC && header.version === STREAM_VERSION;
  },
  open(source) {
    const stream = readRamStream(source);
    for (const capability of ['mapped-ram', 'multifd'])
      if (stream.capabilities.includes(capability))
        throw new UserError(
          `${source.name}: a QEMU migration stream made with the ${capability} capability, which is not supported`,
          'migrate without it, or use dump-guest-memory',
        );
    const devices = readDevices(source, stream.devices, ['cpu', 'mc146818rtc']);
    const told = memorySizes(devices.get('mc146818rtc')?.[0]?.get('cmos_data'));
    const main = mainMemory(stream.blocks, told);
    const size = main.reduce((sum, block) => sum + block.length, 0);
    const below = memoryBelow4G(stream.machine, size, told);
    const extents = physicalExtents(
      main,
      below,
      stream.blocks.some((block) => /vga|qxl|vram/.test(block.name)),
    );
    if (extents.length === 0)
      throw new UserError(`${source.name}: a QEMU migration stream without memory in it`, 'try a copy that is whole');

    const notes = [...stream.notes];
    if (main.length > 1) notes.push(`main memory is put together by name: ${listed(main)}`);
    const left = stream.blocks.filter((block) => block.length >= NOTEWORTHY_BLOCK && !main.includes(block));
    if (left.length > 0) notes.push(`memory is left out whose address the stream does not tell: ${listed(left)}`);
    const registers = (devices.get('cpu') ?? []).map(registersOf).filter((one) => one !== undefined);
    return {
      format: 'QEMU migration stream',
      ranges: rangesOf(extents),
      read: pageReader(loader(source, main, extents)),
      registers,
      notes,
    };
  },
};
