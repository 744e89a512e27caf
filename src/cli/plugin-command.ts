/** Makes an oclif command class from a plugin, or from the plugins of several systems that answer the same question. */

import type { Interfaces } from '@oclif/core';
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import type { Options, Plugin } from '../analysis/plugin.js';
import { canAnswer } from '../analysis/run-plugin.js';
import { UsageError, UserError } from '../core/errors.js';
import type { RendererName } from '../report/renderers/index.js';
import { AnalysisSession, type SessionFlags } from './analysis-session.js';
import { isOverTime, TIMELINE } from './is-over-time.js';
import { flagsOf, optionsFrom } from './plugin-flags.js';
import { RENDER_FLAGS, SOURCE_FLAGS } from './source-flags.js';

/** Plugins whose natural form is not a table. */
const PREFERRED: Readonly<Record<string, RendererName>> = { pstree: 'tree' };

const args = { image: Args.string({ description: 'The same as --file' }) };

/** The command for plugins of one name: one for each system that has it. */
export function pluginCommand(...plugins: readonly [Plugin, ...Plugin[]]): typeof Command {
  const [first] = plugins;
  const declared: Options = Object.assign({}, ...plugins.map((plugin) => plugin.options));
  const flags = { ...flagsOf(declared), ...SOURCE_FLAGS, ...RENDER_FLAGS } as unknown as Interfaces.FlagInput;

  return class PluginCommand extends Command {
    static override summary = first.summary;
    static override description = describe(plugins);
    static override examples = (first.examples ?? [`${first.name} -f memory.raw`]).map(
      (example) => `<%= config.bin %> ${example}`,
    );
    static override flags = flags;
    static override args = args;

    async run(): Promise<void> {
      const parsed = await this.parse({ flags, args });
      const given = parsed.flags as unknown as SessionFlags;
      const named = { ...given, file: given.file ?? parsed.args.image };
      const session = await AnalysisSession.open(named, this.config.configDir, first.name === TIMELINE);
      try {
        const plugin = await pluginFor(plugins, session);
        refuseForeignOptions(plugin, declared, parsed.flags);
        const options = optionsFrom(plugin.options, parsed.flags);
        if (isOverTime(plugin, session.image.name, given.between)) await session.runOverTime(plugin, options);
        else await session.run(plugin, options, PREFERRED[plugin.name]);
      } finally {
        session.close();
      }
    }
  };
}

/** What the rows mean, for each system where there are several. */
function describe(plugins: readonly Plugin[]): string {
  if (plugins.length === 1) return plugins[0]?.description ?? '';
  return plugins.map(({ scope, description = '' }) => `On ${scope}: ${description}`).join('\n\n');
}

/** An option of another system's plugin would be passed over without a word. */
function refuseForeignOptions(plugin: Plugin, declared: Options, flags: Readonly<Record<string, unknown>>): void {
  const foreign = Object.fromEntries(Object.entries(declared).filter(([name]) => !Object.hasOwn(plugin.options, name)));
  const [given] = Object.keys(optionsFrom(foreign, flags));
  if (given !== undefined) throw new UsageError(`${plugin.name} has no --${given} for ${plugin.scope} images`);
}

/** The plugin that fits the image's system. One that runs on any image needs no detection. */
async function pluginFor(plugins: readonly Plugin[], session: AnalysisSession): Promise<Plugin> {
  const anywhere = plugins.find((plugin) => plugin.scope === 'image');
  if (anywhere !== undefined) return anywhere;
  await session.image.detect();
  const fitting = plugins.find((plugin) => canAnswer(plugin, session.image));
  if (fitting !== undefined) return fitting;
  if (session.image.os === undefined) await session.image.requireKernel();
  throw new UserError(`${plugins[0]?.name} is not there for ${session.image.os} images`);
}
