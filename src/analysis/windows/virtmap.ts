/** `virtmap`: what the kernel uses which part of its address space for. */
import { column } from '../../core/columns.js';
import type { WindowsKernel } from '../../objects/windows/kernel.js';
import { type KernelRegion, kernelRegions } from '../../objects/windows/regions/kernel-regions.js';
import { definePlugin } from '../plugin.js';

/** The page tables map themselves there: all of memory would be counted again. */
const PAGE_TABLES = 'PageTables';

export default definePlugin({
  name: 'virtmap',
  scope: 'windows',
  summary: 'Show what the kernel uses which part of its address space for',
  description:
    'As the kernel itself keeps it (MiVisibleState, MiSystemVaType; Windows 10 and later, and others with their symbols), else as ' +
    'the version lays it out: x86 up to 2003, ReactOS, amd64 of Windows 7.',
  aliases: ['windows.virtmap.VirtMap'],
  examples: ['windows virtmap -f memory.raw'],
  columns: {
    region: column.text('What it is for'),
    start: column.address('First address'),
    end: column.address('First address behind it; 0 behind the last of 64 bits'),
    size: column.size('Bytes'),
    mapped: column.size('Bytes of it that page tables map; unknown for the page tables themselves'),
    told: column.text('By whom: the kernel, or the layout of its version'),
  },
  *rows(kernel, _options, io) {
    const regions = kernelRegions(kernel);
    if (regions === undefined)
      io.note('how this build divides its address space is told by its symbols only: use a symbol file');
    for (const region of regions ?? []) {
      const { name, start, end, told } = region;
      yield {
        region: name,
        start,
        end: BigInt.asUintN(64, end),
        size: Number(end - start),
        mapped: io.shows('mapped') ? mappedBytes(kernel, region) : undefined,
        told,
      };
    }
  },
});

function mappedBytes(kernel: WindowsKernel, { name, start, end }: KernelRegion): number | undefined {
  if (name === PAGE_TABLES) return undefined;
  let bytes = 0n;
  for (const leaf of kernel.space.leafEntries(start, end)) if (leaf.present) bytes += leaf.end - leaf.start;
  return Number(bytes);
}
