/** `strings`: printable text anywhere in memory, with who has it mapped. Patterns are `regex`'s and `yara`'s. */
import { column } from '../../core/columns.js';
import { UsageError } from '../../core/errors.js';
import { asciiStrings, scanStrings, utf16Strings } from '../../memory/find-strings.js';
import { describeOwners, mappedBy } from '../../objects/page-owners.js';
import { COMMON_OPTIONS, definePlugin, option } from '../plugin.js';

const DEFAULT_MINIMUM = 6;

const ENCODINGS = {
  ascii: asciiStrings,
  utf16: utf16Strings,
} as const;

export default definePlugin({
  name: 'strings',
  scope: 'image',
  common: true,
  summary: 'Find printable text in memory and who has it mapped',
  description:
    'Scans all of physical memory for runs of printable ASCII and UTF-16LE characters. Owners are found through page tables: process id, name and virtual address, a module, the kernel image, or the linear mapping alone.',
  aliases: ['linux.strings', 'windows.strings.Strings'],
  examples: ['strings -f memory.raw --min-length 12', 'strings -f memory.raw --pid 151 --contains http'],
  options: {
    pid: COMMON_OPTIONS.pid,
    minLength: option.integer(`Shortest run of characters to report (default ${DEFAULT_MINIMUM})`),
    encoding: option.texts(`Encodings to look for (default: ${Object.keys(ENCODINGS).join(', ')})`),
    contains: option.text('Only strings that contain this text'),
  },
  columns: {
    physical: column.address('Physical address of the first byte'),
    encoding: column.text('ascii or utf16'),
    text: column.text('The characters'),
    owners: column.list('Who has the page mapped'),
  },
  *rows(image, options, io) {
    const minimum = Math.max(options.minLength ?? DEFAULT_MINIMUM, 1);
    const finders = (options.encoding ?? Object.keys(ENCODINGS)).map(finderNamed);
    const { kernel } = image;
    const { memory } = image;
    for (const found of scanStrings(memory, finders, minimum, (done) => io.progress(done, memory.end, 'strings'))) {
      if (options.contains !== undefined && !found.text.includes(options.contains)) continue;
      const physical = found.offset;
      if (options.pid !== undefined && !(kernel !== undefined && mappedBy(kernel, physical, options.pid))) continue;
      yield {
        physical,
        encoding: found.encoding,
        text: found.text,
        owners: kernel === undefined ? undefined : describeOwners(kernel, physical),
      };
    }
  },
});

function finderNamed(name: string) {
  const finder = ENCODINGS[name as keyof typeof ENCODINGS];
  if (finder === undefined)
    throw new UsageError(`there is no encoding '${name}'`, `use ${Object.keys(ENCODINGS).join(' or ')}`);
  return finder;
}
