/**
 * Lets plugins be called by their other names: `memlapse linux.lsof.Lsof`, `memlapse linux pslist`, any unique part.
 */
import type { Hook } from '@oclif/core';
import { commandWords, resolvePlugins } from '../resolve-plugins.js';

const hook: Hook.CommandNotFound = async ({ id, argv, config }) => {
  const [plugin] = await resolvePlugins(id);
  return config.runCommand(commandWords(plugin).join(':'), argv ?? []);
};

export default hook;
