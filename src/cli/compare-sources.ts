/** The work of `memlapse diff`: changes between sources, as rows of text. */

import { changedCode } from '../analysis/changes/changed-code.js';
import { compareMembers } from '../analysis/changes/compare-members.js';
import type { Change, CompareChoice } from '../analysis/changes/compare-objects.js';
import { comparePages } from '../analysis/changes/compare-pages.js';
import { comparedPlugins } from '../analysis/changes/compared-plugins.js';
import type { MarkedRow } from '../analysis/run-plugin.js';
import { membersWithKernel } from '../analysis/series/members-with-kernel.js';
import { type Member, ObjectSeries } from '../analysis/series/object-series.js';
import { SeriesRunner } from '../analysis/series/series-runner.js';
import type { SystemName } from '../analysis/systems.js';
import { hex, PAGE_SIZE } from '../core/address.js';
import { column, type Row } from '../core/columns.js';
import { UsageError, UserError } from '../core/errors.js';
import { changedBytes, changedFrames } from '../memory/changed-frames.js';
import type { LinuxKernel } from '../objects/linux/kernel.js';
import { symbolize } from '../objects/linux/symbolize.js';
import { textValue } from '../report/values.js';
import { codeChangeRows } from './code-change-rows.js';

export const CHANGE_COLUMNS = {
  from: column.text('Earlier moment', { quiet: true }),
  to: column.text('Later moment', { quiet: true }),
  kind: column.text('What it is'),
  change: column.text('appeared, vanished or changed'),
  object: column.text('Which one'),
  field: column.text('What of it changed'),
  before: column.text('As it was'),
  after: column.text('As it is'),
  identity: column.text('What tells the object from others', { quiet: true }),
};

/** Over a series it matters when. */
export const SERIES_CHANGE_COLUMNS = { ...CHANGE_COLUMNS, to: column.text('Later moment') };

export type ChangeRow = Row<typeof CHANGE_COLUMNS>;

export interface CompareRequest {
  /** Kinds of objects, and parts. */
  readonly only?: readonly string[] | undefined;
  /** Kinds, parts or columns. */
  readonly ignore?: readonly string[] | undefined;
  readonly everything: boolean;
  /** Also which pages changed, by owner, unless only something else is asked for. */
  readonly memory: boolean;
  /** Also which bytes, and pages and code whatever else is asked for. */
  readonly bytes: boolean;
  readonly profile?: string | undefined;
  readonly cache: boolean;
  note(text: string): void;
}

const BYTES_SHOWN = 16;

/** What is told beside objects. */
const PARTS = ['code', 'memory'] as const;
type Part = (typeof PARTS)[number];

/** The changes between each two neighbours of `members`. */
export async function* compareSources(members: readonly Member[], request: CompareRequest): AsyncGenerator<MarkedRow> {
  const options = { cache: request.cache, ...(request.profile === undefined ? {} : { profilePath: request.profile }) };
  const runner = new SeriesRunner(options);
  const usable = await membersWithKernel(runner, members, request.note);
  const [first] = usable;
  if (first === undefined) return;
  const objects = await ObjectSeries.create(runner, first);
  const parts = partsOf(request);
  const { plugins, choice } = await chosen(request, objects.os, parts);
  for (const [index, after] of members.entries()) {
    const before = members[index - 1];
    if (before === undefined) continue;
    const ends = { from: before.name, to: after.name };
    await requireOneSystem(runner, before, after);
    if (usable.includes(before) && usable.includes(after)) {
      for await (const change of compareMembers(objects, plugins, before, after, choice, request.note)) {
        yield { row: { ...ends, ...changeRow(change) }, partial: change.partial };
      }
    }
    if (parts.size === 0) continue;
    const { linux } = await runner.image(after.name, after.memory);
    if (parts.has('code')) {
      const old = await runner.image(before.name, before.memory);
      for (const row of codeRows(old.linux, linux)) yield { row: { ...ends, ...row }, partial: false };
    }
    if (parts.has('memory')) {
      for (const owned of comparePages(before.memory, after.memory, linux)) {
        const object = `${owned.owner}${owned.pid === undefined ? '' : ` (pid ${owned.pid})`}`;
        const base = { ...ends, kind: `memory of ${owned.kind}`, change: 'changed', object };
        const [lowest = 0] = owned.frames;
        const pages = `${owned.frames.length}, the first at ${hex(lowest * PAGE_SIZE)}`;
        yield { row: { ...base, field: 'pages', after: pages }, partial: false };
        if (!request.bytes) continue;
        for (const row of byteRows(base, before, after, owned.frames)) yield { row, partial: false };
      }
    }
  }
}

/** Nothing of a 32-bit kernel can be found again in a 64-bit one. @throws UserError when they have not one width */
async function requireOneSystem(runner: SeriesRunner, ...members: readonly [Member, Member]): Promise<void> {
  const widths = new Set<boolean>();
  for (const { name, memory } of members) {
    const { linux } = await runner.image(name, memory);
    if (linux !== undefined) widths.add(linux.is64Bit);
  }
  if (widths.size < 2) return;
  const names = members.map(({ name }) => name).join(' and ');
  throw new UserError(`${names} are of different machines: one has 64 bits`, 'compare two moments of one machine');
}

function* codeRows(before: LinuxKernel | undefined, after: LinuxKernel | undefined): Generator<ChangeRow> {
  if (before === undefined || after === undefined) return;
  const width = after.is64Bit ? 64 : 32;
  for (const code of changedCode(changedFrames(before.memory, after.memory), before, after)) {
    yield* codeChangeRows(code, width, (address) => symbolize(after, address));
  }
}

function isPart(word: string): word is Part {
  return (PARTS as readonly string[]).includes(word);
}

function partsOf({ only, ignore = [], memory, bytes }: CompareRequest): ReadonlySet<Part> {
  const isAsked = (part: Part) => only === undefined || only.length === 0 || only.includes(part) || bytes;
  const wanted = PARTS.filter((part) => isAsked(part) && !ignore.includes(part) && (part !== 'memory' || memory));
  return new Set(wanted);
}

async function chosen({ only, ignore = [], everything }: CompareRequest, os: SystemName, parts: ReadonlySet<Part>) {
  const columns: string[] = [];
  const without: string[] = [];
  for (const word of ignore) {
    if (!isPart(word)) (await isKind(word, os)) ? without.push(word) : columns.push(word);
  }
  const kinds = only === undefined || only.length === 0 ? undefined : only.filter((word) => !isPart(word));
  const plugins = await comparedPlugins(os, { only: kinds, without, others: PARTS });
  if (plugins.length === 0 && parts.size === 0) {
    throw new UsageError('--ignore leaves out all that --only names', 'leave one of them away');
  }
  const unknown = columns.find((name) => !plugins.some((plugin) => name in plugin.columns));
  if (unknown !== undefined) throw new UsageError(`'${unknown}' is neither a kind nor a column of what is compared`);
  const choice: CompareChoice = { ignore: columns, everything };
  return { plugins, choice };
}

async function isKind(word: string, os: SystemName): Promise<boolean> {
  try {
    await comparedPlugins(os, { only: [word] });
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

function changeRow({ kind, change, object, key, field, column: shape, before, after }: Change): ChangeRow {
  const text = (value: unknown) => (shape === undefined || value === undefined ? undefined : textValue(shape, value));
  return { kind, change, object, field, before: text(before), after: text(after), identity: key };
}

function* byteRows(base: ChangeRow, before: Member, after: Member, frames: readonly number[]): Generator<ChangeRow> {
  for (const frame of frames) {
    for (const stretch of changedBytes(before.memory, after.memory, frame)) {
      yield {
        ...base,
        field: hex(stretch.address),
        before: bytesText(stretch.before),
        after: bytesText(stretch.after),
      };
    }
  }
}

function bytesText(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, BYTES_SHOWN)).toString('hex');
  return bytes.length > BYTES_SHOWN ? `${shown}… (${bytes.length} bytes)` : shown;
}
