/** `memlapse emulate`: boots a guest from files in the embedded emulator. */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { describeRun } from '../cli/describe-run.js';
import { emulate } from '../emulator-host/emulate.js';
import { parseMemorySize } from '../emulator-host/emulate-options.js';
import { streamKeyboard } from '../emulator-host/keyboard.js';
import { BlobCache } from '../profiles/cache/blob-cache.js';

export default class Emulate extends Command {
  static override summary = 'Boot a guest in the embedded x86 emulator';
  static override description =
    'Ends with 0 when the guest powers off, with 1 on a panic or a triple fault. The run is a function of its inputs: --state-hash prints the same digest for the same files, script and limits every time.';
  static override examples = [
    "<%= config.bin %> emulate --kernel vmlinuz --initrd initrd.gz --append 'console=ttyS0'",
    "<%= config.bin %> emulate --kernel vmlinuz --initrd initrd.gz --append 'console=ttyS0' --script boot.txt --serial boot.log --stats",
  ];
  static override flags = {
    kernel: Flags.string({
      required: true,
      description: 'vmlinuz, vmlinux or a multiboot kernel',
      helpValue: '<file>',
    }),
    initrd: Flags.string({ description: 'Initial root', helpValue: '<file>' }),
    append: Flags.string({ default: '', description: 'Kernel command line', helpValue: '<text>' }),
    disk: Flags.string({
      multiple: true,
      description: 'Raw disk image (written to an overlay in memory)',
      helpValue: '<file>',
    }),
    memory: Flags.string({ default: '256M', description: 'Size of memory', helpValue: '<size>' }),
    cpu: Flags.option({
      options: ['64', '32', 'max'] as const,
      default: '64' as const,
      description: 'Processor model',
    })(),
    boot: Flags.option({
      options: ['auto', 'pvh', 'linux', 'multiboot'] as const,
      default: 'auto' as const,
      description: 'Boot protocol',
    })(),
    'icount-limit': Flags.integer({ min: 1, description: 'Stop after so many instructions', helpValue: '<n>' }),
    serial: Flags.string({
      multiple: true,
      default: ['stdio'],
      description: 'Where a serial port goes: stdio or a file; twice for two ports',
      helpValue: 'stdio|<file>',
    }),
    script: Flags.string({
      description: 'Lines of `expect TEXT` and `send TEXT` for the first port',
      helpValue: '<file>',
    }),
    stats: Flags.boolean({ description: 'Say on stderr how the run went' }),
    json: Flags.boolean({
      description: 'The same as JSON on stdout; the console goes to stderr',
      aliases: ['stats-json'],
    }),
    'no-jit': Flags.boolean({ description: 'Interpret everything' }),
    'test-device': Flags.boolean({ description: 'Plug the device that kvm-unit-tests look for' }),
    'state-hash': Flags.boolean({ description: 'Print a digest of the machine at the end' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Emulate);
    const keyboard =
      process.stdin.isTTY === true && flags.script === undefined ? streamKeyboard(process.stdin) : undefined;
    const console = flags.json ? process.stderr : process.stdout;
    const result = await emulate(
      {
        kernel: flags.kernel,
        ...(flags.initrd === undefined ? {} : { initrd: flags.initrd }),
        ...(flags.script === undefined ? {} : { script: flags.script }),
        ...(flags['icount-limit'] === undefined ? {} : { icountLimit: flags['icount-limit'] }),
        append: flags.append,
        disks: flags.disk ?? [],
        memoryBytes: parseMemorySize(flags.memory),
        cpu: flags.cpu === 'max' ? 'max' : flags.cpu === '64' ? 64 : 32,
        boot: flags.boot,
        serial: flags.serial.map((target) => (target === 'stdio' ? target : { file: target })),
        jit: !flags['no-jit'],
        testDevice: flags['test-device'],
        stateHash: flags['state-hash'],
      },
      {
        output: (bytes) => console.write(bytes),
        blobs: new BlobCache(),
        ...(keyboard === undefined ? {} : { keyboard }),
      },
    );
    if (flags.json) this.log(JSON.stringify(result, null, 2));
    else for (const line of describeRun(result, flags.stats)) this.logToStderr(line);
    this.exit(result.exitCode);
  }
}
