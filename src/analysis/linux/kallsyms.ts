/** `kallsyms`: every symbol of the kernel and of its modules, with run-time addresses, as /proc/kallsyms has them. */
import { column } from '../../core/columns.js';
import { loadedModules } from '../../objects/linux/symbolize.js';
import { definePlugin, option } from '../plugin.js';

export default definePlugin({
  name: 'kallsyms',
  scope: 'linux',
  summary: 'List the symbols of the kernel and its modules',
  description: 'The symbol table of the kernel in the image, then those of the listed modules.',
  aliases: ['linux.kallsyms.Kallsyms'],
  examples: ['linux kallsyms -f memory.raw --contains sys_call', 'linux kallsyms -f memory.raw --filter module=ext4'],
  options: { contains: option.text('Only symbols whose name contains this text') },
  columns: {
    address: column.address('Run-time address'),
    kind: column.text("nm's letter; lower case is local"),
    name: column.text('Name of the symbol'),
    module: column.text('Module that it belongs to'),
  },
  *rows(kernel, options) {
    const wanted = (name: string) => options.contains === undefined || name.includes(options.contains);
    // Symbols that only a symbol file or VMCOREINFO knows have no letter: they are not in kallsyms.
    for (const symbol of kernel.profile.symbols.symbols()) {
      if (symbol.kind !== undefined && wanted(symbol.name)) yield symbol;
    }
    for (const module of loadedModules(kernel)) {
      for (const symbol of module.symbols()) if (wanted(symbol.name)) yield { ...symbol, module: module.name };
    }
  },
});
