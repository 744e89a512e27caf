/** The flags that every analysis command takes: what to read and how to show the result. */
import * as Flags from '@oclif/core/flags';
import { RENDERER_NAMES } from '../report/renderers/index.js';

export const STORE_FLAG = Flags.string({
  description: 'Folder of the snapshot store (default: MEMLAPSE_STORE, or the user data folder)',
  helpValue: '<folder>',
  helpGroup: 'SOURCE',
});

export const SOURCE_FLAGS = {
  file: Flags.string({
    char: 'f',
    description: 'What to read: a memory image, snapshot:NAME@3 (@t=12.5s, @icount=…, @last, @TAG), or live:NAME',
    helpValue: '<image>',
    helpGroup: 'SOURCE',
  }),
  store: STORE_FLAG,
  between: Flags.string({
    description: 'Over these snapshots of the series: adds when each object was first and last seen (3..9, t=1s..t=5s)',
    helpValue: '<from..to>',
    helpGroup: 'SOURCE',
  }),
  profile: Flags.string({
    description: 'Symbol file (ISF: .json, .json.gz, .json.xz) to use for the kernel in the image',
    helpValue: '<file>',
    helpGroup: 'SOURCE',
  }),
  cache: Flags.boolean({
    default: true,
    allowNo: true,
    description: 'Keep what was derived from the image, for a faster start next time',
    helpGroup: 'SOURCE',
  }),
};

export const RENDER_FLAGS = {
  renderer: Flags.option({
    char: 'r',
    options: RENDERER_NAMES,
    description: 'How rows are written (default: table)',
    helpGroup: 'OUTPUT',
  })(),
  json: Flags.boolean({ description: 'The same as --renderer json', exclusive: ['renderer'], helpGroup: 'OUTPUT' }),
  columns: Flags.string({
    multiple: true,
    delimiter: ',',
    description: 'Only these columns, in this order',
    helpValue: '<name,…>',
    helpGroup: 'OUTPUT',
  }),
  filter: Flags.string({
    multiple: true,
    description: 'Only rows whose column fits: name=bash, pid>100, path~^/tmp (several: all must fit)',
    helpValue: '<column=value>',
    helpGroup: 'OUTPUT',
  }),
  output: Flags.string({
    char: 'o',
    description: 'Folder for extracted files',
    helpValue: '<folder>',
    helpGroup: 'OUTPUT',
  }),
  quiet: Flags.boolean({ char: 'q', description: 'No remarks and no progress on stderr', helpGroup: 'OUTPUT' }),
  verbose: Flags.boolean({
    char: 'v',
    description: 'Say on stderr what the image is and where symbols came from',
    helpGroup: 'OUTPUT',
  }),
};
