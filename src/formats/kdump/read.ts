/**
 * Opens kdump-compressed and diskdump files. The flattened ones are rearranged by a container before they come here.
 */
import { utf8Text } from '../../core/bytes.js';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import { lzoPage, snappyPage, zlibPage, zstdPage } from '../codecs/page-codecs.js';
import { loadZstdPageDecoder } from '../codecs/zstd-decoder.js';
import { readNotes } from '../elf/notes.js';
import { registersFromNotes, vmcoreinfoFromNotes } from '../elf-core/registers.js';
import type { MemoryFormat } from '../format.js';
import { pageReader } from '../image/page-reader.js';
import { readBytes } from '../sources/read-bytes.js';
import { dumpedFrames } from './dumped-frames.js';
import { type KdumpHeader, readKdumpHeader } from './header.js';
import { DISKDUMP_SIGNATURE, KDUMP_SIGNATURE, pageFlag } from './layout.js';
import { type FlaggedCodec, kdumpPageLoader } from './page-loader.js';

/** Notes and vmcoreinfo are a few KiB; a machine with thousands of processors stays below this. */
const MAX_TEXT = 64 * 1024 * 1024;

const compressions = [
  [pageFlag.zlib, 'zlib'],
  [pageFlag.lzo, 'lzo'],
  [pageFlag.snappy, 'snappy'],
  [pageFlag.zstd, 'zstd'],
] as const;

function describe(header: KdumpHeader): string {
  const kind = header.isDiskdump ? 'diskdump' : 'kdump';
  const compression = compressions.find(([flag]) => (header.status & flag) !== 0);
  return compression ? `${kind} (${compression[1]})` : kind;
}

async function codecsFor(header: KdumpHeader): Promise<FlaggedCodec[]> {
  const codecs: FlaggedCodec[] = [
    [pageFlag.zlib, zlibPage],
    [pageFlag.lzo, lzoPage],
    [pageFlag.snappy, snappyPage],
  ];
  if (header.status & pageFlag.zstd) codecs.push([pageFlag.zstd, zstdPage(await loadZstdPageDecoder())]);
  return codecs;
}

function piece(source: ByteSource, { offset, size }: { offset: number; size: number }): Uint8Array {
  return readBytes(source, offset, offset > 0 ? Math.min(size, MAX_TEXT) : 0);
}

export const kdumpFormat: MemoryFormat = {
  name: 'kdump',
  detect(head) {
    const signature = String.fromCharCode(...head.subarray(0, 8));
    return signature === KDUMP_SIGNATURE || signature === DISKDUMP_SIGNATURE;
  },
  async open(source) {
    const header = readKdumpHeader(source);
    if (!header)
      throw new UserError(
        `${source.name}: a kdump file whose header is damaged, or of a machine that is not x86`,
        'try a copy that is whole',
      );
    const { frames, ranges, notes } = dumpedFrames(source, header);
    if (ranges.length === 0)
      throw new UserError(`${source.name}: a kdump file without memory in it`, 'try a copy that is whole');
    if (header.status & pageFlag.incomplete && !header.isDiskdump)
      notes.push('the dump is incomplete: its writer ran out of room');

    const elfNotes = readNotes(piece(source, header.notes));
    const vmcoreinfo = piece(source, header.vmcoreinfo);
    return {
      format: describe(header),
      ranges,
      read: pageReader(kdumpPageLoader(source, header, frames, await codecsFor(header))),
      registers: registersFromNotes(elfNotes),
      vmcoreinfo: vmcoreinfo.length > 0 ? utf8Text(vmcoreinfo) : vmcoreinfoFromNotes(elfNotes),
      notes,
    };
  },
};
