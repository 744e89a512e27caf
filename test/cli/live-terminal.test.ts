/** Guests on a real terminal: keys, the menu, and a terminal that is as it was when they are over. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeTinyGuest } from '../live/tiny-guest.js';
import { commandLine, ensureBuilt, memlapse, scratch } from './run-cli.js';
import { hasTerminal, onTerminal } from './terminal.js';

vi.setConfig({ testTimeout: 180_000 });

const ESCAPE = '\x1d';
const CTRL_C = '\x03';
const folder = scratch();
const MORE = { MEMLAPSE_STORE: join(folder, 'store'), MEMLAPSE_GUESTS: join(folder, 'guests') };
let guest = '';

/** `memlapse ARGS` between two looks at the terminal's settings, which have to be the same. */
function terminal(args: string) {
  const { command, env } = commandLine(folder, MORE);
  const shown = onTerminal(`stty -g; ${command} ${args}; code=$?; stty -g; exit $code`, env);
  return {
    ...shown,
    async ended() {
      const { code, screen } = await shown.ended();
      const settings = screen.match(/^[0-9a-f]+(?::[0-9a-f]+){8,}/gm) ?? [];
      expect([settings.length, new Set(settings).size], screen).toEqual([2, 1]);
      return { code, screen };
    },
  };
}

const pidOf = (name: string) =>
  Number(JSON.parse(readFileSync(join(MORE.MEMLAPSE_STORE, 'live', `${name}.json`), 'utf8')).pid);
const snapshots = async (name: string) =>
  JSON.parse((await memlapse(folder, ['snapshot', 'list', name, '--json'], MORE)).stdout) as { reason: string }[];

if (!hasTerminal) console.log('skipped: no pseudo-terminal here (script of Debian package bsdutils)');
beforeAll(async () => {
  await ensureBuilt();
  guest = writeTinyGuest(join(folder, 'files'));
}, 300_000);
// The guest in the background may still be closing its store.
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20 }));

describe.skipIf(!hasTerminal)('a run on a terminal', () => {
  test('gives its keys to the guest, and has a menu', async () => {
    const front = terminal(`live run ${guest} --name front --at 6000m`);
    await front.shows('Ctrl-] opens the menu');
    await front.shows('ready');
    front.type('abc');
    await front.shows('abc');
    front.type(CTRL_C);
    await front.shows(CTRL_C);
    front.type(`${ESCAPE}${ESCAPE}`);
    await front.shows('s takes a snapshot');
    await front.shows(ESCAPE);
    front.type(`${ESCAPE}z`);
    await front.shows('nothing done');
    front.type(`${ESCAPE}s`);
    await front.shows('snapshot front@1,');
    front.type(`${ESCAPE}p`);
    await front.shows('paused');
    // Paused guests can be stored, too.
    front.type(`${ESCAPE}S`);
    await front.shows('snapshot front@2,');
    front.type(`${ESCAPE}p`);
    await front.shows('resumed');
    front.type('d');
    await front.shows('d');
    front.type(`${ESCAPE}q`);
    await front.shows('the run ended: stopped');
    expect((await front.ended()).code).toBe(0);
    expect((await snapshots('front')).map(({ reason }) => reason)).toEqual(['on demand', 'on demand', 'stopped']);
  });

  test('gives the terminal back when the guest ends by itself', async () => {
    const front = terminal(`live run ${guest} --name exits --at 6000m`);
    await front.shows('ready');
    front.type('x');
    expect((await front.ended()).code).toBe(1);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('gives it back at %s, with a last snapshot', async (signal, code) => {
    const name = `ends-${signal}`;
    const front = terminal(`live run ${guest} --name ${name} --at 6000m`);
    await front.shows('ready');
    process.kill(pidOf(name), signal);
    expect((await front.ended()).code).toBe(code);
    expect((await snapshots(name)).map(({ reason }) => reason)).toEqual([signal]);
  });
});

describe.skipIf(!hasTerminal)('the console of a guest in the background', () => {
  test('is left and come back to, while the guest runs on', async () => {
    await memlapse(folder, ['live', 'start', guest, '--name', 'behind', '--at', '6000m'], MORE);
    const first = terminal('live console behind');
    await first.shows('Ctrl-] opens the menu');
    first.type('hello');
    await first.shows('hello');
    first.type(CTRL_C);
    await first.shows(CTRL_C);
    first.type(`${ESCAPE}s`);
    await first.shows('snapshot behind@1');
    first.type(`${ESCAPE}p`);
    await first.shows('paused');
    first.type(`${ESCAPE}p`);
    await first.shows('running');
    first.type(`${ESCAPE}q`);
    expect((await first.ended()).code).toBe(0);

    const second = terminal('live console behind');
    await second.shows('hello');
    second.type('q');
    await second.shows('the run ended: exit 0');
    expect((await second.ended()).code).toBe(0);
  });
});
