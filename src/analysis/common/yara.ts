/** `yara`: YARA-X rules over physical memory, or over the memory of processes region by region. */
import { readFileSync } from 'node:fs';
import { hex } from '../../core/address.js';
import { column, type Row } from '../../core/columns.js';
import { UsageError, UserError } from '../../core/errors.js';
import { scanChunks } from '../../memory/scan-chunks.js';
import type { GuestKernel } from '../../objects/guest-kernel.js';
import { describeOwners } from '../../objects/page-owners.js';
import { residentChunks } from '../../objects/resident-chunks.js';
import { userProcesses } from '../../objects/user-regions.js';
import type { Image } from '../image.js';
import { COMMON_OPTIONS, definePlugin, option, type PluginIo, selected } from '../plugin.js';
import { compileYara, type YaraRules, type YaraSource } from './yara/rules.js';
import { scanPieces } from './yara/scan-pieces.js';

const WINDOW = 16 * 1024 * 1024;
/** Longest match that is found whole where two windows meet. */
const OVERLAP = 64 * 1024;
/** A region larger than this is scanned in parts. */
const MAX_REGION = 64 * 1024 * 1024;

const columns = {
  pid: column.integer('Process id; none when physical memory was scanned'),
  process: column.text('Name of the process'),
  rule: column.text('Rule that matched'),
  pattern: column.text('Pattern of the rule that matched here'),
  address: column.address('Virtual address in the process, or physical address'),
  length: column.size('Bytes that matched'),
  bytes: column.text('The first 32 of them, in hex'),
  owners: column.list('Who has the page mapped (physical scan)'),
};

export default definePlugin({
  name: 'yara',
  scope: 'image',
  common: true,
  summary: 'Scan memory with YARA rules',
  description:
    'Rules are compiled by YARA-X. Without --pid or --processes physical memory is scanned in windows of 16 MiB, each of which a rule sees as one file; with them, each region of user memory is one file.',
  aliases: ['yarascan.YaraScan', 'linux.vmayarascan.VmaYaraScan', 'windows.vadyarascan.VadYaraScan'],
  examples: ['yara -f memory.raw --rules malware.yar', "yara -f memory.raw --text 'http://' --processes"],
  options: {
    rules: option.text('File with YARA rules'),
    text: option.text('Look for this text instead of rules'),
    hex: option.text('Look for these bytes instead of rules, in YARA hex syntax: 90 90 ?? CC'),
    processes: option.boolean('Scan the memory of all processes instead of physical memory'),
    pid: COMMON_OPTIONS.pid,
  },
  needsOneOf: ['rules', 'text', 'hex'],
  columns,
  *rows(image, options, io) {
    const rules = compileYara(sourceOf(options));
    for (const warning of rules.warnings) io.note(warning);
    if (options.processes !== true && options.pid === undefined) yield* physicalMatches(image, rules, io);
    else if (image.kernel !== undefined) yield* processMatches(image.kernel, rules, options.pid);
    else
      throw new UserError(
        'no kernel was found, so there are no processes to scan',
        'scan without --pid and --processes',
      );
  },
});

function sourceOf(options: {
  readonly rules?: string | undefined;
  readonly text?: string | undefined;
  readonly hex?: string | undefined;
}): YaraSource {
  const given = [options.rules, options.text, options.hex].filter((each) => each !== undefined);
  if (given.length !== 1) throw new UsageError('give one of --rules, --text and --hex');
  if (options.text !== undefined)
    return placesOf(`rule text { strings: $text = ${JSON.stringify(options.text)} ascii wide condition: $text }`);
  if (options.hex !== undefined)
    return placesOf(`rule bytes { strings: $bytes = { ${options.hex} } condition: $bytes }`);
  try {
    return { text: readFileSync(options.rules as string, 'utf8'), seePlacesOnly: false };
  } catch (error) {
    throw new UserError(`${options.rules} cannot be read: ${(error as Error).message}`, 'check the path');
  }
}

const placesOf = (text: string): YaraSource => ({ text, seePlacesOnly: true });

function* physicalMatches({ memory, kernel }: Image, rules: YaraRules, io: PluginIo): Generator<Row<typeof columns>> {
  let reported = new Set<string>();
  for (const { address, bytes, seen } of scanChunks(memory, { chunk: WINDOW, overlap: OVERLAP })) {
    io.progress(address, memory.end, 'yara');
    const inThisWindow = new Set<string>();
    for (const match of rules.scan(bytes)) {
      const physical = address + match.offset;
      const key = `${match.rule}/${match.pattern}/${physical}`;
      inThisWindow.add(key);
      // What lies in the overlap was reported with the window before.
      if (match.offset < seen && reported.has(key)) continue;
      yield {
        ...match,
        address: physical,
        owners: kernel === undefined ? undefined : describeOwners(kernel, physical),
      };
    }
    reported = inThisWindow;
  }
}

function* processMatches(
  kernel: GuestKernel,
  rules: YaraRules,
  pids: readonly number[] | undefined,
): Generator<Row<typeof columns>> {
  for (const { owner, match } of scanPieces(rules, processPieces(kernel, pids))) {
    const { pid, process, start } = owner;
    const address = start + BigInt(match.offset);
    yield { pid, process, ...match, address, owners: [`${pid} ${hex(address)}`] };
  }
}

/** What each region of user memory has in memory, with where it lies. */
function* processPieces(kernel: GuestKernel, pids: readonly number[] | undefined) {
  for (const { pid, name, space, regions } of userProcesses(kernel)) {
    if (!selected(pids, pid)) continue;
    for (const region of regions) {
      for (const { offset, bytes } of residentPieces(residentChunks(space, region.start, region.end))) {
        yield { owner: { pid, process: name, start: region.start + BigInt(offset) }, bytes };
      }
    }
  }
}

/** Neighbouring chunks joined, so that a rule sees a region as one file; pages that are not in memory part it. */
function* residentPieces(chunks: Iterable<{ readonly offset: number; readonly bytes: Uint8Array }>) {
  let parts: Uint8Array[] = [];
  let offset = 0;
  let length = 0;
  for (const chunk of chunks) {
    if (length > 0 && (chunk.offset !== offset + length || length >= MAX_REGION)) {
      yield { offset, bytes: Buffer.concat(parts) };
      parts = [];
      length = 0;
    }
    if (length === 0) offset = chunk.offset;
    parts.push(chunk.bytes.slice());
    length += chunk.bytes.length;
  }
  if (length > 0) yield { offset, bytes: Buffer.concat(parts) };
}
