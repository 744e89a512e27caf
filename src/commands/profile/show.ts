/** `memlapse profile show`: what a symbol file, or the kernel in an image, knows; or the layout of one structure. */
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { printRows } from '../../cli/print-rows.js';
import { loadProfile, STRUCT_COLUMNS, SUMMARY_COLUMNS, structRows, summaryRows } from '../../cli/show-profile.js';

export default class ProfileShow extends Command {
  static override summary = 'Show what a symbol file or an image knows of its kernel';
  static override description = 'With the name of a structure: its members with their offsets and types.';
  static override examples = [
    '<%= config.bin %> profile show kernel.json.gz',
    '<%= config.bin %> profile show -f memory.raw task_struct',
  ];
  static override args = {
    first: Args.string({ description: 'Symbol file (or structure, with --file)' }),
    second: Args.string({ description: 'Structure' }),
  };
  static override usage = 'profile show [SYMBOL-FILE] [STRUCTURE] [-f <image>]';
  static override flags = {
    file: Flags.string({ char: 'f', description: 'Show what this image knows', helpValue: '<image>' }),
    json: Flags.boolean({ description: 'An array of objects' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ProfileShow);
    const symbolFile = flags.file === undefined ? args.first : undefined;
    const struct = flags.file === undefined ? args.second : args.first;
    const profile = await loadProfile(symbolFile, flags.file);
    if (struct === undefined) await printRows('profile', SUMMARY_COLUMNS, summaryRows(profile), flags.json);
    else await printRows(struct, STRUCT_COLUMNS, structRows(profile, struct), flags.json);
  }
}
