/** `memlapse diff`: what changed between two sources, or from each snapshot of a series to the next. */
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { CHANGE_COLUMNS, compareSources, SERIES_CHANGE_COLUMNS } from '../cli/compare-sources.js';
import { keepHeapSmall } from '../cli/keep-heap-small.js';
import { renderRows } from '../cli/render-rows.js';
import { RENDER_FLAGS, SOURCE_FLAGS } from '../cli/source-flags.js';
import { UsageError } from '../core/errors.js';
import { openSeries } from '../open/open-series.js';
import { openSourceMemory } from '../open/open-source.js';
import { RENDERERS, type RendererName } from '../report/renderers/index.js';
import { rowFilter, selectColumns } from '../report/row-filter.js';

const { file: _file, between: _between, ...SOURCES } = SOURCE_FLAGS;
const { output: _output, verbose: _verbose, ...RENDERING } = RENDER_FLAGS;
const words = (description: string) =>
  Flags.string({ multiple: true, delimiter: ',', description, helpValue: '<name,…>' });

export default class Diff extends Command {
  static override summary = 'Show what changed between two images or snapshots';
  static override description =
    'First objects (processes, threads, modules, handles, mappings, sockets, mounts, credentials, hooks): an object is the same when its address and its time of birth are, whatever its number. Then pages, by whose they are. Counters that change by themselves are left out unless --everything is given.';
  static override examples = [
    '<%= config.bin %> diff snapshot:boot@3 snapshot:boot@4',
    '<%= config.bin %> diff before.raw after.raw --only processes,hooks --exit-code',
    '<%= config.bin %> diff --series boot --json',
  ];
  static override args = {
    before: Args.string({ description: 'Earlier source' }),
    after: Args.string({ description: 'Later source' }),
  };
  static override usage = 'diff BEFORE AFTER | diff --series NAME[@A..B]';
  static override flags = {
    series: Flags.string({ description: 'Compare each snapshot with the next one', helpValue: '<name>' }),
    only: words('Only these kinds: processes, modules, hooks, network, code, memory, …'),
    ignore: words('Leave out these kinds or columns'),
    everything: Flags.boolean({ description: 'Compare columns, too, that change by themselves' }),
    memory: Flags.boolean({ default: true, allowNo: true, description: 'Say which pages changed, by owner' }),
    bytes: Flags.boolean({ description: 'Say which bytes changed' }),
    'exit-code': Flags.boolean({ description: 'Exit with 1 when there are changes, like diff(1)' }),
    ...SOURCES,
    ...RENDERING,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Diff);
    if (flags.series !== undefined) keepHeapSmall();
    const members = flags.series === undefined ? await this.#pair(args, flags.store) : openSeries(flags.series, flags);
    const all = flags.series === undefined ? CHANGE_COLUMNS : SERIES_CHANGE_COLUMNS;
    const name = flags.json ? 'json' : ((flags.renderer as RendererName | undefined) ?? 'table');
    const columns = selectColumns(all, flags.columns);
    const renderer = (await RENDERERS[name]())({ name: 'diff', columns, allColumns: all, source: '' });
    const note = (text: string) => (flags.quiet ? undefined : this.logToStderr(`memlapse: ${text}`));
    const request = { ...flags, note };
    try {
      const changes = compareSources(members, request);
      const count = await renderRows(changes, renderer, rowFilter(all, flags.filter ?? []));
      if (flags['exit-code'] && count > 0) process.exitCode = 1;
    } finally {
      for (const { memory } of members) memory.close();
    }
  }

  async #pair(
    { before, after }: { before?: string | undefined; after?: string | undefined },
    store: string | undefined,
  ) {
    if (before === undefined || after === undefined) {
      throw new UsageError('two sources are needed', 'name them: diff BEFORE AFTER, or diff --series NAME');
    }
    const options = store === undefined ? {} : { store };
    return Promise.all([before, after].map(async (name) => ({ name, memory: await openSourceMemory(name, options) })));
  }
}
