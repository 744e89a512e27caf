/** `boottime`: when the guest booted and what time it was when its memory was taken. */
import { column } from '../../core/columns.js';
import { bootTime, wallTime } from '../../objects/linux/clock.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'boottime',
  scope: 'linux',
  summary: 'Show when the guest booted and what its clock said',
  description:
    "The clock is the guest's own and may be wrong; it is read from the timekeeper, which runs at every tick.",
  aliases: ['linux.boottime.Boottime'],
  examples: ['linux boottime -f memory.raw'],
  columns: {
    bootTime: column.time('Moment of boot'),
    wallTime: column.time('Time of day at the last tick before the image was taken'),
    uptime: column.duration('Time between the two'),
  },
  timeline: { events: { bootTime: 'guest booted', wallTime: 'image taken' }, describe: () => 'system' },
  *rows(kernel) {
    const boot = bootTime(kernel);
    const wall = wallTime(kernel);
    yield {
      bootTime: boot,
      wallTime: wall,
      uptime: boot === undefined || wall === undefined ? undefined : wall - boot,
    };
  },
});
