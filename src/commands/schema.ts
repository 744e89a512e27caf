/** `memlapse schema`: the JSON Schema of what a command prints with --json. */

import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { pluginFiles } from '../analysis/registry.js';
import { resolvePlugins } from '../cli/resolve-plugins.js';
import { rowsSchema } from '../report/values.js';

export default class Schema extends Command {
  static override summary = "Print the JSON Schema of a command's rows";
  static override description = 'Without a name: the names of all plugins, one a line.';
  static override examples = ['<%= config.bin %> schema pslist', '<%= config.bin %> schema'];
  static override args = { plugin: Args.string({ description: 'Name of the plugin' }) };

  async run(): Promise<void> {
    const { args } = await this.parse(Schema);
    if (args.plugin === undefined) {
      for (const name of new Set(pluginFiles().map((file) => file.name))) this.log(name);
      return;
    }
    const plugins = await resolvePlugins(args.plugin);
    const schemas = plugins.map((plugin) =>
      rowsSchema(`${plugin.scope} ${plugin.name}: ${plugin.summary}`, plugin.columns),
    );
    this.log(JSON.stringify(schemas.length === 1 ? schemas[0] : { anyOf: schemas }, null, 2));
  }
}
