/** When an analysis command is meant for several snapshots. Apart, so that asking does not load what answers. */
import type { Plugin } from '../analysis/plugin.js';
import { isSeries } from '../open/source-schemes.js';

/** The plugin that has a form of its own for a whole series. */
export const TIMELINE = 'timeline';

/** Whether the command asks for more than one moment. */
export function isOverTime(plugin: Plugin, source: string, between: string | undefined): boolean {
  return between !== undefined || (plugin.name === TIMELINE && isSeries(source));
}
