/**
 * Holds a series against what its guest said of itself at each snapshot: the rows of every moment, and what a comparison
 * tells from moment to moment.
 */
import { expect, test } from 'vitest';
import { changedCode } from '../../src/analysis/changes/changed-code.js';
import { compareMembers } from '../../src/analysis/changes/compare-members.js';
import { comparedPlugins } from '../../src/analysis/changes/compared-plugins.js';
import { Image } from '../../src/analysis/image.js';
import type { Plugin } from '../../src/analysis/plugin.js';
import { loadPlugin } from '../../src/analysis/registry.js';
import { type MarkedRow, runPlugin } from '../../src/analysis/run-plugin.js';
import { type Member, ObjectSeries } from '../../src/analysis/series/object-series.js';
import { SeriesRunner } from '../../src/analysis/series/series-runner.js';
import { UserError } from '../../src/core/errors.js';
import { changedFrames } from '../../src/memory/changed-frames.js';
import type { SnapshotStore } from '../../src/snapshots/store.js';
import { untold } from './event-log.js';
import { KINDS, parseTruth, rowLines, type Truth } from './event-truth.js';
import { changeLine, truthChanges } from './truth-changes.js';

/** A moment of the series: the guest stood still, and this is what it had said. */
export interface JudgedMoment {
  readonly member: Member;
  readonly image: Image;
  readonly truth: Truth;
  /** What it did since the moment before, a line each: `fork 93`. */
  readonly log: readonly string[];
}

/** Snapshot `number` of `series`; `text` is what the guest printed since the one before. */
export function judgedMoment(store: SnapshotStore, series: string, number: number, text: string): JudgedMoment {
  const member = { name: `${series}@${number}`, memory: store.openMemory(series, number) };
  const log = text.split(/\r?\n/).filter((line) => line.startsWith('LOG '));
  return {
    member,
    image: new Image(member.name, member.memory),
    truth: parseTruth(text),
    log: log.map((line) => line.slice(4)),
  };
}

/** The rows, or the one line why there are none. */
export async function outcome(rows: () => AsyncIterable<MarkedRow> | Promise<readonly MarkedRow[]>) {
  try {
    const found: MarkedRow[] = [];
    for await (const row of await rows()) found.push(row);
    return found;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

export const fullRun = (plugin: Plugin, image: Image) => outcome(() => runPlugin(plugin, image));

/** Declares a test for each kind of rows. */
export function judgeRows(moments: () => readonly JudgedMoment[]): void {
  test.each(KINDS)('%s says at every moment what the guest said', async (kind) => {
    const plugin = await loadPlugin({ folder: 'linux', name: kind });
    for (const { image, truth } of moments()) {
      const rows = await fullRun(plugin, image);
      if (typeof rows === 'string') throw new Error(`${image.name}: ${rows}`);
      expect(rows.filter(({ partial }) => partial)).toEqual([]);
      const found = rowLines(
        kind,
        rows.map(({ row }) => row),
      );
      expect(found.sort(), image.name).toEqual([...truth.lines[kind]].sort());
    }
  });
}

/** Declares the test that no code of the kernel is overwritten: of guests that flip no jump label of its. */
export function judgeCode(moments: () => readonly JudgedMoment[]): void {
  test('no code of the kernel is other code at a later moment', async () => {
    for (const [index, after] of moments().entries()) {
      const before = moments()[index - 1];
      if (before === undefined) continue;
      const frames = changedFrames(before.member.memory, after.member.memory);
      const [old, now] = [await before.image.requireLinux(), await after.image.requireLinux()];
      expect([...changedCode(frames, old, now)].map(({ symbol }) => symbol)).toEqual([]);
    }
  });
}

/**
 * Declares the test of comparisons.
 * @param only kinds that are compared; all unless told
 */
export function judgeComparison(moments: () => readonly JudgedMoment[], only?: readonly string[]): void {
  test('a comparison tells all that happened from moment to moment, and nothing else', async () => {
    const all = moments();
    const objects = await ObjectSeries.create(new SeriesRunner(), (all[0] as JudgedMoment).member);
    const plugins = await comparedPlugins('linux', { only });
    const kinds = new Set(plugins.map(({ diff }) => diff.kind));
    const notes: string[] = [];
    for (const [index, after] of all.entries()) {
      const before = all[index - 1];
      if (before === undefined) continue;
      const changes: string[] = [];
      const note = (text: string) => void notes.push(text);
      const found = compareMembers(objects, plugins, before.member, after.member, {}, note);
      for await (const change of found) changes.push(changeLine(change));
      expect(changes.sort(), after.member.name).toEqual(truthChanges(before.truth, after.truth, kinds));
      expect(untold(after.log, changes)).toEqual([]);
    }
    expect(notes).toEqual([]);
  });
}
