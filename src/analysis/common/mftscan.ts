/** `mftscan`: file records of NTFS anywhere in memory. */
import { column } from '../../core/columns.js';
import { decodeFileRecord, type NtfsStream } from '../../formats/ntfs/file-record.js';
import { FILE_RECORD, SECTOR } from '../../formats/ntfs/layout.js';
import { scanChunks } from '../../memory/scan-chunks.js';
import { unixTime } from '../../objects/windows/times.js';
import { definePlugin, option } from '../plugin.js';

/** Records take 1 KiB, on disks with large sectors 4. */
const MAX_RECORD = 4096;

export default definePlugin({
  name: 'mftscan',
  scope: 'image',
  common: true,
  summary: 'Find records of NTFS master file tables in memory',
  description:
    'Files and folders whose record is in memory, deleted ones too, with both sets of times: those the system keeps, and those ' +
    'of when the file got its name, which programs cannot set. Paths are put together as far as the records of the folders are in ' +
    'memory. Streams beside the contents (Zone.Identifier) have names; small contents lie in the record and can be written out.',
  aliases: ['windows.mftscan.MFTScan', 'windows.mftscan.ADS', 'windows.mftscan.ResidentData'],
  examples: ['mftscan -f memory.raw', 'mftscan -f memory.raw --dump -o out --filter path~secret'],
  options: { dump: option.boolean('Write contents that lie in records to files') },
  columns: {
    path: column.text('Path, as far as its folders are known'),
    kind: column.text('file or folder'),
    inUse: column.boolean('False: deleted'),
    size: column.size('Bytes of its contents'),
    created: column.time('Created'),
    modified: column.time('Contents written'),
    changed: column.time('Record changed'),
    accessed: column.time('Read'),
    nameCreated: column.time('Created, as of when it got its name', { quiet: true }),
    nameModified: column.time('Written, as of then', { quiet: true }),
    streams: column.list('Other streams'),
    record: column.integer('Number of the record'),
    physical: column.address('Where the record lies'),
    file: column.text('Where the contents were written to', { quiet: true }),
  },
  timeline: {
    events: {
      created: 'file created',
      modified: 'file written',
      changed: 'file record changed',
      accessed: 'file read',
    },
    describe: (row) => `${row.path}`,
  },
  *rows({ memory }, options, io) {
    const folders = new Map<number, { name: string; parent: number }>();
    const records = function* () {
      for (const { address, bytes, seen } of scanChunks(memory, { overlap: MAX_RECORD })) {
        io.progress(address, memory.end, 'looking for file records');
        const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        const first = (SECTOR - (address % SECTOR)) % SECTOR;
        for (let at = first; at + 48 <= bytes.length; at += SECTOR) {
          if (words.getUint32(at, true) !== FILE_RECORD) continue;
          const record = decodeFileRecord(bytes.subarray(at));
          // What reaches into the overlap comes again with the next window, whole.
          if (record === undefined || at + MAX_RECORD <= seen) continue;
          yield { record, physical: address + at };
        }
      }
    };
    const found = new Map<number, ReturnType<typeof keep>>();
    for (const { record, physical } of records()) {
      if (record.isFolder && record.inUse && record.name !== undefined && record.parent !== undefined) {
        folders.set(record.number, { name: record.name, parent: record.parent });
      }
      found.set(physical, keep(record));
    }
    for (const [physical, { streams, ...record }] of found) {
      if (record.name === undefined) continue;
      const contents = streams.find(({ name }) => name === '');
      const bytes = options.dump === true ? contents?.contents : undefined;
      yield {
        path: pathOf(record.name, record.parent, folders),
        kind: record.isFolder ? 'folder' : 'file',
        inUse: record.inUse,
        size: contents?.size,
        created: unixTime(record.standard?.created),
        modified: unixTime(record.standard?.modified),
        changed: unixTime(record.standard?.changed),
        accessed: unixTime(record.standard?.accessed),
        nameCreated: unixTime(record.named?.created),
        nameModified: unixTime(record.named?.modified),
        streams: streams.filter(({ name }) => name !== '').map(({ name, size }) => `${name} (${size})`),
        record: record.number,
        physical,
        file: bytes && io.extract(`${record.number}-${record.name}`, [{ offset: 0, bytes }]),
      };
    }
  },
});

function keep(record: NonNullable<ReturnType<typeof decodeFileRecord>>) {
  const streams: NtfsStream[] = record.streams.map(({ name, size, contents }) => ({
    name,
    size,
    contents: contents?.slice(),
  }));
  return { ...record, streams };
}

/** The record of a volume's root folder, which is its own parent. */
const ROOT = 5;
const MAX_DEPTH = 128;

function pathOf(
  name: string,
  parent: number | undefined,
  folders: ReadonlyMap<number, { name: string; parent: number }>,
): string {
  const parts = [name];
  let at = parent;
  for (let depth = 0; depth < MAX_DEPTH && at !== undefined && at !== ROOT; depth++) {
    const folder = folders.get(at);
    if (folder === undefined) return `?\\${parts.join('\\')}`;
    parts.unshift(folder.name);
    at = folder.parent;
  }
  return `\\${parts.join('\\')}`;
}
