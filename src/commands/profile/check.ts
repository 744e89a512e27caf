/** `memlapse profile check`: every record of symbol files held against the schema. */
import { Command } from '@oclif/core/command';
import { checkSymbolFile } from '../../cli/check-symbol-file.js';
import { UsageError, UserError } from '../../core/errors.js';

export default class ProfileCheck extends Command {
  static override summary = 'Check symbol files against the schema';
  static override description = 'Reads every record; prints one line for each file. Exit code 1 when one is unusable.';
  static override examples = ['<%= config.bin %> profile check kernel.json.xz'];
  static override strict = false;
  static override usage = 'profile check FILE…';

  async run(): Promise<void> {
    const { argv } = await this.parse(ProfileCheck);
    if (argv.length === 0) throw new UsageError('no symbol file is named');
    let unusable = 0;
    for (const path of argv as string[]) {
      const problem = checkSymbolFile(path);
      if (problem !== undefined) unusable++;
      this.log(problem === undefined ? `${path}: good` : problem);
    }
    if (unusable > 0) throw new UserError(`${unusable} of ${argv.length} symbol files cannot be used`);
  }
}
