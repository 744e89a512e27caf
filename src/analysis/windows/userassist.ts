/** `userassist`: the programs that each user has started from Explorer, with counts and times. */
import { column } from '../../core/columns.js';
import { withFolderName } from '../../objects/windows/registry/known-folders.js';
import { loadedHives } from '../../objects/windows/registry/registry.js';
import { USER_ASSIST_KEY, userAssistEntries } from '../../objects/windows/registry/user-assist.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'userassist',
  scope: 'windows',
  summary: 'List the programs that users have started from Explorer',
  description:
    'Values of the UserAssist keys of every user hive in memory, their names decoded and known folders named. Counters of ' +
    'Windows XP to Vista begin at five, which is subtracted.',
  aliases: ['windows.registry.userassist.UserAssist'],
  examples: ['windows userassist -f memory.raw'],
  columns: {
    lastUsed: column.time('When it was used last'),
    name: column.text('Program, link or name of the counter'),
    count: column.integer('How often it was used'),
    focusCount: column.integer('How often its window came to the front'),
    focusTime: column.duration('How long its window was in front'),
    session: column.integer('Number of the session that counted', { quiet: true }),
    list: column.text('Key that it is counted in', { quiet: true }),
    hive: column.text('Hive of the user'),
  },
  timeline: { events: { lastUsed: 'program used' }, describe: (row) => `${row.name}` },
  *rows(kernel) {
    for (const { hive, mount } of loadedHives(kernel)) {
      const key = hive.root?.below(USER_ASSIST_KEY);
      if (key === undefined) continue;
      for (const entry of userAssistEntries(key)) {
        yield { ...entry, name: withFolderName(entry.name), hive: mount ?? hive.path };
      }
    }
  },
});
