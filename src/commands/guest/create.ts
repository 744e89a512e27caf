/** `memlapse guest create`: a guest made from Debian's packages, or of files of the user's own. */
import { resolve } from 'node:path';
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { UsageError, UserError } from '../../core/errors.js';
import { parseMemorySize } from '../../emulator-host/emulate-options.js';
import { createDebianGuest } from '../../guests/create-debian-guest.js';
import { type GuestFile, writeGuestFile } from '../../guests/guest-file.js';
import { keptGuestPath } from '../../guests/known-guests.js';
import { checkGuest } from '../../live/check-guest.js';
import { checkSeriesName } from '../../snapshots/series-name.js';

export default class GuestCreate extends Command {
  static override summary = 'Make a guest from Debian packages, or of a kernel of your own';
  static override description =
    `debian: a kernel as Debian ships it, busybox, and a script that runs a small cast of processes. apt downloads the packages; nothing is installed, and what was made is kept.

With --kernel: a guest file that names your files. Disks are never written to.

Prints the path of the guest file.`;
  static override examples = [
    '<%= config.bin %> guest create debian',
    '<%= config.bin %> guest create debian --arch i386',
    "<%= config.bin %> guest create --name mine --kernel vmlinuz --initrd initrd.gz --append 'console=ttyS0' --memory 512M",
    "<%= config.bin %> guest create --name disk --kernel vmlinuz --disk root.img --append 'console=ttyS0 root=/dev/vda'",
  ];
  static override args = {
    kind: Args.string({ options: ['debian'], description: 'What to make it from, unless --kernel is given' }),
  };
  static override flags = {
    arch: Flags.option({
      options: ['amd64', 'i386'] as const,
      default: 'amd64' as const,
      description: 'Architecture of the Debian guest',
    })(),
    kernel: Flags.string({ description: 'vmlinuz, vmlinux or a multiboot kernel', helpValue: '<file>' }),
    name: Flags.string({ dependsOn: ['kernel'], description: 'Name of the guest', helpValue: '<name>' }),
    initrd: Flags.string({ dependsOn: ['kernel'], description: 'Initial root', helpValue: '<file>' }),
    disk: Flags.string({
      dependsOn: ['kernel'],
      multiple: true,
      description: 'Raw disk image; what the guest writes stays in snapshots',
      helpValue: '<file>',
    }),
    append: Flags.string({ dependsOn: ['kernel'], description: 'Kernel command line', helpValue: '<text>' }),
    memory: Flags.string({ dependsOn: ['kernel'], description: 'Size of memory (default: 256M)', helpValue: '<size>' }),
    cpu: Flags.option({
      options: ['64', '32'] as const,
      dependsOn: ['kernel'],
      description: 'Processor model (default: 64)',
    })(),
    output: Flags.string({
      char: 'o',
      dependsOn: ['kernel'],
      description: 'The guest file to write (default: kept under the name)',
      helpValue: '<file>',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GuestCreate);
    if ((args.kind === undefined) === (flags.kernel === undefined)) {
      throw new UsageError('a guest is made of one thing', 'write `guest create debian`, or give --kernel and --name');
    }
    if (flags.kernel === undefined) {
      this.log(createDebianGuest(flags.arch, (text) => this.logToStderr(`memlapse: ${text}`)));
      return;
    }
    if (flags.name === undefined) throw new UsageError('the guest has no name', 'give one with --name');
    checkSeriesName(flags.name);
    const guest: GuestFile = {
      name: flags.name,
      kernel: resolve(flags.kernel),
      ...(flags.initrd === undefined ? {} : { initrd: resolve(flags.initrd) }),
      ...(flags.disk === undefined ? {} : { disks: flags.disk.map((path) => resolve(path)) }),
      ...(flags.append === undefined ? {} : { append: flags.append }),
      memory: parseMemorySize(flags.memory ?? '256M'),
      cpu: flags.cpu === '32' ? 32 : 64,
    };
    // What cannot be booted is not written down.
    const problem = (await checkGuest(guest)).find((each) => each.problem !== undefined);
    if (problem !== undefined) throw new UserError(`the ${problem.part}: ${problem.problem}`, 'name another file');
    const path = flags.output ?? keptGuestPath(guest.name);
    await writeGuestFile(path, guest);
    this.log(path);
  }
}
