/**
 * Lets plugins be called by their other names: `memlapse linux.lsof.Lsof`, `memlapse linux pslist`, any unique part.
 */
import type { Hook } from '@oclif/core';
import { invariant } from '../../core/errors.js';
import { commandWords, resolvePlugins } from '../resolve-plugins.js';

const hook: Hook.CommandNotFound = async ({ id, argv, config }) => {
  const [plugin] = await resolvePlugins(id);
  const command = commandWords(plugin).join(':');
  // Without this a manifest older than its plugins would send us round in circles.
  invariant(command !== id && config.findCommand(command) !== undefined, `oclif.manifest.json lacks '${command}'`);
  return config.runCommand(command, argv ?? []);
};

export default hook;
