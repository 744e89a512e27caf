/** `disassemble` of NT: code of the kernel, of its drivers or of a process as text. */
import { UserError } from '../../core/errors.js';
import type { WindowsKernel } from '../../objects/windows/kernel.js';
import { moduleAt } from '../../objects/windows/module-ranges.js';
import { processId } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { CODE_COLUMNS, CODE_OPTIONS, codeRows } from '../disassembly/code-rows.js';
import { definePlugin } from '../plugin.js';

/** Exports are far apart: a name much further away than a function is long says nothing. */
const FURTHEST = 0x10000;

function symbolize(kernel: WindowsKernel, address: bigint): string | undefined {
  const module = moduleAt(kernel, address);
  if (module === undefined) return undefined;
  const hit = kernel.profile.symbols.nearest(address);
  if (hit === undefined || hit.offset > FURTHEST || moduleAt(kernel, hit.symbol.address) !== module) return module;
  return `${module}!${hit.symbol.name}${hit.offset === 0 ? '' : `+0x${hit.offset.toString(16)}`}`;
}

function spaceOf(kernel: WindowsKernel, pid: number) {
  for (const process of processes(kernel)) {
    if (processId(process) !== pid) continue;
    const space = kernel.processSpace(process);
    if (space !== undefined) return space;
    throw new UserError(`the memory of process ${pid} is unreadable`, 'it may have ended');
  }
  throw new UserError(`there is no process ${pid}`, 'see pslist');
}

export default definePlugin({
  name: 'disassemble',
  scope: 'windows',
  common: true,
  summary: 'Show machine code as assembler text',
  description: 'Text as objdump writes it, in Intel or AT&T syntax. Addresses in the kernel and in drivers are named.',
  aliases: ['disasm'],
  examples: ['disassemble -f memory.raw --address NtClose', 'disassemble -f memory.raw --address 0x401000 --pid 1052'],
  options: CODE_OPTIONS,
  columns: CODE_COLUMNS,
  *rows(kernel, options) {
    yield* codeRows(
      {
        space: options.pid === undefined ? kernel.space : spaceOf(kernel, options.pid),
        faults: kernel.faults,
        bits: kernel.is64Bit ? 64 : 32,
        addressOf: (name) => kernel.address(name),
        symbolize: (address) => symbolize(kernel, address),
      },
      options,
    );
  },
});
