/** `mbrscan`: master boot records anywhere in memory. */
import { createHash } from 'node:crypto';
import { column } from '../../core/columns.js';
import { ACTIVE, MBR_MAGIC, masterBootRecord, PARTITION_TYPES, SECTOR } from '../../formats/mbr/layout.js';
import { scanChunks } from '../../memory/scan-chunks.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'mbrscan',
  scope: 'image',
  common: true,
  summary: 'Find master boot records in memory',
  description:
    'Sectors with boot code and a table of partitions that could be one: states that exist, ranges that do not overlap. One ' +
    'row for each partition. The hashes tell known boot code from changed one.',
  aliases: ['windows.mbrscan.MBRScan'],
  examples: ['mbrscan -f memory.raw'],
  columns: {
    physical: column.address('Where the sector lies'),
    disk: column.mask('Signature of the disk'),
    partition: column.integer('Number of the partition'),
    active: column.boolean('The machine starts from it'),
    type: column.text('What it holds'),
    first: column.integer('First sector'),
    sectors: column.integer('How many'),
    bootCode: column.text('SHA-256 of the boot code'),
  },
  *rows({ memory }, _options, io) {
    for (const { address, bytes } of scanChunks(memory)) {
      io.progress(address, memory.end, 'looking for boot records');
      const first = (SECTOR - (address % SECTOR)) % SECTOR;
      for (let at = first; at + SECTOR <= bytes.length; at += SECTOR) {
        if (bytes[at + 510] !== (MBR_MAGIC & 0xff) || bytes[at + 511] !== MBR_MAGIC >> 8) continue;
        const record = masterBootRecord.decode(bytes, at);
        if (record === undefined || !isPlausible(record)) continue;
        const bootCode = createHash('sha256').update(record.code).digest('hex');
        for (const [index, { status, type, first: start, count }] of record.partitions.entries()) {
          if (type === 0) continue;
          yield {
            physical: address + at,
            disk: record.diskSignature,
            partition: index + 1,
            active: status === ACTIVE,
            type: PARTITION_TYPES[type] ?? `0x${type.toString(16)}`,
            first: start,
            sectors: count,
            bootCode,
          };
        }
      }
    }
  },
});

function isPlausible({ code, partitions }: NonNullable<ReturnType<typeof masterBootRecord.decode>>): boolean {
  const used = partitions.filter(({ type }) => type !== 0);
  const empty = partitions.filter(({ type }) => type === 0);
  if (used.length === 0 || code[0] === 0) return false;
  // A table that is none has garbage in the unused entries, or states that do not exist.
  if (empty.some(({ status, first, count }) => status !== 0 || first !== 0 || count !== 0)) return false;
  if (used.some(({ status, first, count }) => (status !== 0 && status !== ACTIVE) || first === 0 || count === 0))
    return false;
  const sorted = [...used].sort((a, b) => a.first - b.first);
  return sorted.every(
    (entry, index) => index === 0 || entry.first >= (sorted[index - 1]?.first ?? 0) + (sorted[index - 1]?.count ?? 0),
  );
}
