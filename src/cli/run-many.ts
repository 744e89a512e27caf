/** The work of `memlapse run`: which plugins, in what order, and how several results become one output. */

import type { Plugin } from '../analysis/plugin.js';
import { loadAllPlugins } from '../analysis/registry.js';
import { canAnswer } from '../analysis/run-plugin.js';
import { UsageError, UserError } from '../core/errors.js';
import { AnalysisSession, type SessionFlags } from './analysis-session.js';
import { resolvePlugins } from './resolve-plugins.js';

/** What stands around each result, so that the whole is one document where the format has documents. */
interface Frame {
  before(plugin: Plugin, isFirst: boolean): string;
  readonly end: string;
}

const heading: Frame = { before: (plugin, isFirst) => `${isFirst ? '' : '\n'}== ${plugin.name} ==\n`, end: '' };
const plain: Frame = { before: () => '', end: '' };
const FRAMES: Readonly<Record<string, Frame>> = {
  json: { before: (plugin, isFirst) => `${isFirst ? '{' : ','}\n"${plugin.name}": `, end: '}\n' },
  table: heading,
  tree: heading,
  csv: heading,
};

/** Runs the plugins that `names` mean, in that order, on one image. A plugin that cannot run is said and skipped. */
export async function runMany(
  names: readonly string[],
  flags: SessionFlags,
  configurationFolder: string,
): Promise<void> {
  if (names.length === 0) throw new UsageError('no plugin is named', 'name some: memlapse run pslist modules -f IMAGE');
  const wanted = names.includes('all') ? 'all' : await Promise.all(names.map(resolvePlugins));
  const session = await AnalysisSession.open(flags, configurationFolder);
  try {
    await session.image.detect();
    const plugins = wanted === 'all' ? await everyPlugin(session) : wanted.map((group) => fitting(group, session));
    const frame = FRAMES[session.rendererName] ?? plain;
    let failures = 0;
    for (const [index, plugin] of plugins.entries()) {
      process.stdout.write(frame.before(plugin, index === 0));
      try {
        await session.run(plugin, {});
      } catch (error) {
        if (!(error instanceof UserError) || error instanceof UsageError) throw error;
        failures++;
        if (session.rendererName === 'json') process.stdout.write('null');
        session.note(`${plugin.name}: ${error.message}`);
      }
    }
    process.stdout.write(frame.end);
    if (failures > 0)
      throw new UserError(`${failures} of ${plugins.length} plugins could not run on ${session.image.name}`);
  } finally {
    session.close();
  }
}

function fitting(group: readonly Plugin[], session: AnalysisSession): Plugin {
  const plugin = group.find((each) => canAnswer(each, session.image)) ?? group[0];
  if (plugin === undefined) throw new UsageError('no plugin is named');
  return plugin;
}

async function everyPlugin(session: AnalysisSession): Promise<Plugin[]> {
  const all = await loadAllPlugins();
  return all.filter(
    (plugin) =>
      canAnswer(plugin, session.image) &&
      plugin.needsOneOf === undefined &&
      plugin.fits?.(session.image) !== false &&
      !Object.values(plugin.options).some((option) => option.required === true),
  );
}
