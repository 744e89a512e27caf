/** `disassemble`: code of the kernel, of its modules or of a process as text. */
import { UserError } from '../../core/errors.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { loadedModules, symbolize } from '../../objects/linux/symbolize.js';
import { processes } from '../../objects/linux/tasks.js';
import { userMemory } from '../../objects/linux/user-memory.js';
import { CODE_COLUMNS, CODE_OPTIONS, codeRows } from '../disassembly/code-rows.js';
import { definePlugin } from '../plugin.js';

function addressOf(kernel: LinuxKernel, name: string): bigint | undefined {
  const known = kernel.address(name);
  if (known !== undefined) return known;
  for (const module of loadedModules(kernel)) {
    const symbol = module.symbols().find((one) => one.name === name);
    if (symbol !== undefined) return symbol.address;
  }
  return undefined;
}

function spaceOf(kernel: LinuxKernel, pid: number) {
  for (const task of processes(kernel)) {
    if (task.num('tgid') !== pid) continue;
    const memory = userMemory(kernel, task);
    if (memory !== undefined) return memory.space;
    throw new UserError(`process ${pid} has no user memory`, 'kernel threads have none');
  }
  throw new UserError(`there is no process ${pid}`, 'see pslist');
}

export default definePlugin({
  name: 'disassemble',
  scope: 'linux',
  common: true,
  summary: 'Show machine code as assembler text',
  description:
    'Text as objdump writes it, in Intel or AT&T syntax. Addresses in the kernel and its modules are named. A 32-bit ' +
    'process under a 64-bit kernel needs --bits 32.',
  aliases: ['disasm'],
  examples: [
    'disassemble -f memory.raw --address do_sys_open',
    'disassemble -f memory.raw --address 0x7f21409000 --pid 126 --count 5 --syntax att',
  ],
  options: CODE_OPTIONS,
  columns: CODE_COLUMNS,
  *rows(kernel, options) {
    yield* codeRows(
      {
        space: options.pid === undefined ? kernel.space : spaceOf(kernel, options.pid),
        faults: kernel.faults,
        bits: kernel.is64Bit ? 64 : 32,
        addressOf: (name) => addressOf(kernel, name),
        symbolize: (address) => symbolize(kernel, address),
      },
      options,
    );
  },
});
