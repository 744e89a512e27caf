/** Resolves what users call a plugin to the plugin, or to a line that says what the choices are. */
import type { Plugin } from '../analysis/plugin.js';
import { findPlugins, pluginFiles } from '../analysis/registry.js';
import { UsageError } from '../core/errors.js';

const MAX_CHOICES = 12;

/** The plugins called `name`, all of one name (one for each system); throws `UsageError` for none or several. */
export async function resolvePlugins(name: string): Promise<[Plugin, ...Plugin[]]> {
  const [first, ...others] = await findPlugins(name);
  if (first === undefined) {
    throw new UsageError(
      `there is no plugin '${name}'`,
      `the plugins are ${[...new Set(pluginFiles().map((file) => file.name))].join(', ')}`,
    );
  }
  const names = [...new Set([first, ...others].map((plugin) => plugin.name))];
  if (names.length > 1) {
    throw new UsageError(`'${name}' may mean ${names.slice(0, MAX_CHOICES).join(', ')}`, 'write more of the name');
  }
  return [first, ...others];
}

/** The words that call this plugin on the command line: `pslist`, `linux check-syscall`. */
export function commandWords(plugin: Plugin): string[] {
  return plugin.common === true || plugin.scope === 'image' ? [plugin.name] : [plugin.scope, plugin.name];
}
