/** `memlapse run A B C`: several plugins on one image, opened and analysed once. */
import { Command } from '@oclif/core/command';
import { runMany } from '../cli/run-many.js';
import { RENDER_FLAGS, SOURCE_FLAGS } from '../cli/source-flags.js';

const { between: _between, ...ONE_MOMENT } = SOURCE_FLAGS;

export default class Run extends Command {
  static override summary = 'Run several plugins on one image';
  static override description =
    'Names are those of the commands (pslist, check-syscall), of Volatility 3 (linux.lsof) or any unique part of one; `all` stands for every plugin of the system found that needs no option. With --json the result is one object with an array for each plugin.';
  static override examples = [
    '<%= config.bin %> run pslist modules handles -f memory.raw',
    '<%= config.bin %> run all -f memory.lime --renderer jsonl',
  ];
  static override strict = false;
  static override args = {};
  static override usage = 'run PLUGIN… -f <image>';
  static override flags = { ...ONE_MOMENT, ...RENDER_FLAGS };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Run);
    await runMany(argv as string[], flags, this.config.configDir);
  }
}
