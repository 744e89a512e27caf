/** `banners`: every `Linux version …` line in memory: which kernels ran here, or were only read about. */
import { column } from '../../core/columns.js';
import { scanChunks } from '../../memory/scan-chunks.js';
import { definePlugin } from '../plugin.js';

const MARK = Buffer.from('Linux version ');
const MAX_BANNER = 512;
/** A release follows the mark; a format string (`%s`) or prose does not. */
const BANNER = /^Linux version \d+\.\d+[^\n\0]*/;
const latin1 = new TextDecoder('latin1');

export default definePlugin({
  name: 'banners',
  scope: 'image',
  common: true,
  summary: 'Find kernel banners in memory',
  description: 'Copies of the line that names a Linux kernel. The running kernel has several: its own, its log, /proc.',
  aliases: ['banners.Banners'],
  examples: ['banners -f memory.raw'],
  columns: {
    physical: column.address('Physical address of the text'),
    running: column.boolean('It is the banner of the kernel that was found'),
    banner: column.text('The line'),
  },
  *rows(image, _options, io) {
    const { memory } = image;
    const running = image.linux?.profile.banner.trim();
    let reported = -1;
    for (const { address, bytes } of scanChunks(memory, { overlap: MAX_BANNER })) {
      io.progress(address, memory.end, 'banners');
      const window = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = window.indexOf(MARK); at >= 0; at = window.indexOf(MARK, at + 1)) {
        const banner = BANNER.exec(latin1.decode(window.subarray(at, at + MAX_BANNER)))?.[0].trim();
        if (banner === undefined || address + at <= reported) continue;
        reported = address + at;
        yield { physical: address + at, running: banner === running, banner };
      }
    }
  },
});
