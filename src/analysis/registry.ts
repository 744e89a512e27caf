/**
 * Finds plugins: every file directly in `linux/`, `windows/` and `common/` beside this one is a plugin of that name.
 *
 * There is no list to keep. A plugin is loaded when it is asked for by its file name; only looking one up by an alias
 * loads them all.
 */
import { readdirSync } from 'node:fs';
import { InvariantError } from '../core/errors.js';
import type { Plugin } from './plugin.js';

export const PLUGIN_FOLDERS = ['common', 'linux', 'windows'] as const;
export type PluginFolder = (typeof PLUGIN_FOLDERS)[number];

export interface PluginFile {
  readonly folder: PluginFolder;
  readonly name: string;
}

const SOURCE_FILE = /^([a-z][a-z0-9-]*)\.(?:js|ts)$/;

/** All plugin files, by folder and then by name. */
export function pluginFiles(): PluginFile[] {
  const files: PluginFile[] = [];
  for (const folder of PLUGIN_FOLDERS) {
    for (const entry of folderEntries(folder)) {
      const name = SOURCE_FILE.exec(entry)?.[1];
      if (name !== undefined) files.push({ folder, name });
    }
  }
  return files;
}

function folderEntries(folder: PluginFolder): string[] {
  const url = new URL(`./${folder}/`, import.meta.url);
  try {
    return readdirSync(url).sort();
  } catch (error) {
    // An operating system without plugins has no folder.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Loads one plugin. */
export async function loadPlugin({ folder, name }: PluginFile): Promise<Plugin> {
  // Vite would turn the path into a list of files that end in .js, of which the sources have none.
  const module = (await import(/* @vite-ignore */ `./${folder}/${name}.js`)) as { default?: Plugin };
  const plugin = module.default;
  if (plugin?.name !== name)
    throw new InvariantError(`analysis/${folder}/${name} does not export a plugin of that name`);
  return plugin;
}

/** Loads all of them, or those of some folders. */
export function loadAllPlugins(folders: readonly PluginFolder[] = PLUGIN_FOLDERS): Promise<Plugin[]> {
  return Promise.all(
    pluginFiles()
      .filter(({ folder }) => folders.includes(folder))
      .map(loadPlugin),
  );
}

/** Every name a plugin goes by: its own, with its OS before it, and its aliases. Lower case. */
export function namesOf(plugin: Plugin): string[] {
  const names = [plugin.name, `${plugin.scope}.${plugin.name}`, ...(plugin.aliases ?? [])];
  return names.map((name) => name.toLowerCase());
}

/**
 * The plugins that `name` may mean: those of exactly that name, else those it is an alias of, else those one of whose
 * names contains it. One result is an answer, several are an ambiguity for the caller to report.
 */
export async function findPlugins(name: string): Promise<Plugin[]> {
  const wanted = name.toLowerCase().replaceAll(':', '.').replaceAll('_', '-');
  const direct = pluginFiles().filter((file) => file.name === wanted || `${file.folder}.${file.name}` === wanted);
  if (direct.length > 0) return Promise.all(direct.map(loadPlugin));
  const all = await loadAllPlugins();
  const spelled = (plugin: Plugin) => namesOf(plugin).map((each) => each.replaceAll('_', '-'));
  const exact = all.filter((plugin) => spelled(plugin).includes(wanted));
  return exact.length > 0 ? exact : all.filter((plugin) => spelled(plugin).some((each) => each.includes(wanted)));
}
