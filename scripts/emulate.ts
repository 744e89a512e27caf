/**
 * Tries the emulator from a checkout, until the command is there:
 * `npx tsx scripts/emulate.ts --kernel vmlinuz --initrd initrd.gz --append 'console=ttyS0'`.
 */
import { parseArgs } from 'node:util';
import { emulate } from '../src/emulator-host/emulate.js';
import { parseMemorySize } from '../src/emulator-host/emulate-options.js';
import { streamKeyboard } from '../src/emulator-host/keyboard.js';

const { values } = parseArgs({
  options: {
    kernel: { type: 'string' },
    initrd: { type: 'string' },
    append: { type: 'string' },
    disk: { type: 'string', multiple: true },
    memory: { type: 'string', default: '256M' },
    cpu: { type: 'string', default: '64' },
    boot: { type: 'string', default: 'auto' },
    'icount-limit': { type: 'string' },
    serial: { type: 'string', multiple: true, default: ['stdio'] },
    script: { type: 'string' },
    interactive: { type: 'boolean', default: false },
    'state-hash': { type: 'boolean', default: false },
  },
});

const keyboard = values.interactive ? streamKeyboard(process.stdin) : undefined;
const result = await emulate(
  {
    kernel: values.kernel ?? 'vmlinuz',
    ...(values.initrd !== undefined && { initrd: values.initrd }),
    ...(values.append !== undefined && { append: values.append }),
    ...(values.script !== undefined && { script: values.script }),
    ...(values['icount-limit'] !== undefined && { icountLimit: Number(values['icount-limit']) }),
    disks: values.disk ?? [],
    memoryBytes: parseMemorySize(values.memory),
    cpu: values.cpu === '32' ? 32 : 64,
    boot: values.boot as 'auto',
    serial: values.serial.map((target) => (target === 'stdio' ? target : { file: target })),
    stateHash: values['state-hash'],
  },
  { output: (bytes) => process.stdout.write(bytes), ...(keyboard && { keyboard }) },
);
process.stderr.write(`${JSON.stringify(result, undefined, 2)}\n`);
process.exit(result.exitCode);
