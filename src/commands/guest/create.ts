/** `memlapse guest create`: a guest made from Debian's packages. */
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { createDebianGuest } from '../../guests/create-debian-guest.js';

export default class GuestCreate extends Command {
  static override summary = 'Make a guest from Debian packages';
  static override description =
    'A kernel as Debian ships it, busybox, and a script that runs a small cast of processes. apt downloads the packages; nothing is installed. Prints the path of the guest file.';
  static override examples = [
    '<%= config.bin %> guest create debian',
    '<%= config.bin %> guest create debian --arch i386',
  ];
  static override args = {
    kind: Args.string({ required: true, options: ['debian'], description: 'What to make it from' }),
  };
  static override flags = {
    arch: Flags.option({
      options: ['amd64', 'i386'] as const,
      default: 'amd64' as const,
      description: 'Architecture',
    })(),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(GuestCreate);
    this.log(createDebianGuest(flags.arch, (text) => this.logToStderr(`memlapse: ${text}`)));
  }
}
