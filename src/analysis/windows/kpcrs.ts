/** `kpcrs`: the control regions of the processors, and what each was running. */
import { column } from '../../core/columns.js';
import { processName } from '../../objects/windows/process-facts.js';
import { processors } from '../../objects/windows/processors.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'kpcrs',
  scope: 'windows',
  summary: 'List the processors with what they were running',
  description:
    'The control region (KPCR) of each processor. Found by KiProcessorBlock; without that symbol only the first processor ' +
    'of 5.x kernels is.',
  aliases: ['windows.kpcrs.KPCRs'],
  examples: ['windows kpcrs -f memory.raw'],
  columns: {
    number: column.integer('Number of the processor'),
    pid: column.integer('Process that it was running'),
    tid: column.integer('Thread that it was running'),
    process: column.text('Name of the process'),
    idle: column.boolean('It was running its idle thread'),
    mhz: column.integer('Clock, as measured when it started'),
    vendor: column.text('Maker'),
    idt: column.address('Interrupt descriptor table'),
    gdt: column.address('Global descriptor table', { quiet: true }),
    block: column.address('Address of the _KPRCB', { quiet: true }),
    offset: column.address('Address of the _KPCR'),
  },
  *rows(kernel) {
    for (const { region, block } of processors(kernel)) {
      const address = block.ptr('CurrentThread');
      const thread = address === undefined || address === 0n ? undefined : kernel.struct('_ETHREAD', address);
      const owner = thread?.ptr('Tcb.Process');
      yield {
        number: block.num('Number'),
        pid: thread?.num('Cid.UniqueProcess'),
        tid: thread?.num('Cid.UniqueThread'),
        process: owner === undefined || owner === 0n ? undefined : processName(kernel.struct('_EPROCESS', owner)),
        idle: address !== undefined && address === block.ptr('IdleThread'),
        mhz: block.num('MHz'),
        vendor: block.text('VendorString'),
        idt: region.ptr(region.has('IdtBase') ? 'IdtBase' : 'IDT'),
        gdt: region.ptr(region.has('GdtBase') ? 'GdtBase' : 'GDT'),
        block: block.address,
        offset: region.address,
      };
    }
  },
});
