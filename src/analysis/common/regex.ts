/** `regex`: a regular expression over the bytes of physical memory. Rules with conditions are `yara`'s. */
import { column } from '../../core/columns.js';
import { UsageError } from '../../core/errors.js';
import { scanChunks } from '../../memory/scan-chunks.js';
import { describeOwners, mappedBy } from '../../objects/page-owners.js';
import { COMMON_OPTIONS, definePlugin, option } from '../plugin.js';

/** Longest match that is found whole where two windows meet. */
const OVERLAP = 4096;
const MAX_SHOWN = 256;
const latin1 = new TextDecoder('latin1');

export default definePlugin({
  name: 'regex',
  scope: 'image',
  common: true,
  summary: 'Find byte patterns in memory with a regular expression',
  description:
    'Each byte is one character (latin-1), so \\x00-\\xff match bytes. Matches of up to 4096 bytes are found wherever they lie, but not across pages that are not neighbours in physical memory.',
  aliases: ['regexscan.RegExScan', 'linux.vmaregexscan.VmaRegExScan'],
  examples: ["regex -f memory.raw --pattern 'https?://[a-z0-9./]+' --ignore-case"],
  options: {
    pattern: option.text('Regular expression (JavaScript syntax) over bytes', { required: true }),
    ignoreCase: option.boolean('Letters match in either case'),
    pid: COMMON_OPTIONS.pid,
  },
  columns: {
    physical: column.address('Physical address of the match'),
    length: column.size('Bytes that matched'),
    text: column.text('The match, one character a byte, at most 256 of them'),
    owners: column.list('Who has the page mapped'),
  },
  *rows(image, options, io) {
    const pattern = compile(options.pattern ?? '', options.ignoreCase ?? false);
    const { memory, kernel } = image;
    let reported = -1;
    for (const { address, bytes } of scanChunks(memory, { overlap: OVERLAP })) {
      io.progress(address, memory.end, 'regex');
      for (const match of latin1.decode(bytes).matchAll(pattern)) {
        const physical = address + match.index;
        // Matches in the overlap were seen with the window before.
        if (match[0] === '' || physical <= reported) continue;
        reported = physical;
        if (options.pid !== undefined && !(kernel !== undefined && mappedBy(kernel, physical, options.pid))) continue;
        yield {
          physical,
          length: match[0].length,
          text: match[0].slice(0, MAX_SHOWN),
          owners: kernel === undefined ? undefined : describeOwners(kernel, physical),
        };
      }
    }
  },
});

function compile(source: string, ignoreCase: boolean): RegExp {
  try {
    return new RegExp(source, ignoreCase ? 'gi' : 'g');
  } catch (error) {
    throw new UsageError(`'${source}' is not a regular expression: ${(error as Error).message}`);
  }
}
