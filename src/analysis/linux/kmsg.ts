/** `kmsg`: the kernel log, as dmesg shows it. */
import { column } from '../../core/columns.js';
import { bootTime } from '../../objects/linux/clock.js';
import { logRecords } from '../../objects/linux/printk.js';
import { definePlugin } from '../plugin.js';

const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'] as const;
const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
] as const;

export default definePlugin({
  name: 'kmsg',
  scope: 'linux',
  summary: 'Show the kernel log',
  description: 'Records of the kernel log buffer, oldest first; a record with several lines is one row.',
  aliases: ['linux.kmsg.Kmsg', 'dmesg'],
  examples: ['linux kmsg -f memory.raw', 'linux kmsg -f memory.raw --filter level=err'],
  columns: {
    time: column.time('When it was written'),
    uptime: column.duration('The same since boot, by the log clock'),
    facility: column.text('Syslog facility', { quiet: true }),
    level: column.text('Syslog level'),
    sequence: column.integer('Number of the record', { quiet: true }),
    caller: column.text('Task (T) or processor (C) that wrote it', { quiet: true }),
    device: column.text('Device that it is about', { quiet: true }),
    text: column.text('The message'),
  },
  timeline: { events: { time: 'kernel message' }, describe: (row) => `${row.text}` },
  *rows(kernel) {
    const boot = bootTime(kernel);
    for (const record of logRecords(kernel)) {
      yield {
        ...record,
        time: boot === undefined ? undefined : boot + record.time,
        uptime: record.time,
        facility: FACILITIES[record.facility] ?? `${record.facility}`,
        level: LEVELS[record.level] ?? `${record.level}`,
      };
    }
  },
});
