/**
 * `npm run bench`: prints times and sizes of the commands on the 256 MiB amd64 image, side by side with Volatility 3 when
 * VOL3 names a checkout of it. RUNS sets how often each is run (5 unless told; the median counts).
 *
 * VOL3_PYTHON names its Python (python3 unless told), VOL3_SYMBOLS a folder of symbol files, VOL3_HOME where its cache is.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { linuxImages } from '../test/ground-truth/images.js';
import { type BenchCase, CASES, SCANS } from './cases.js';
import { type Command, type Measured, measureInTurn } from './measure.js';

const RUNS = Number(process.env.RUNS ?? 5);
const BIN = resolve(import.meta.dirname, '../bin/run.js');
const { VOL3, VOL3_PYTHON = 'python3', VOL3_SYMBOLS, VOL3_HOME } = process.env;
const MIB = 1024 * 1024;

const image = linuxImages().find(({ name }) => name === 'linux-amd64-6.1');
if (image === undefined) {
  console.log('There is no image to measure on (linux-amd64-6.1).');
} else {
  bench(await image.path());
}

function bench(path: string): void {
  const cache = mkdtempSync(join(tmpdir(), 'memlapse-bench-cache-'));
  const size = statSync(path).size;
  console.log(
    `${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ` +
      `image of ${size / MIB} MiB, median of ${RUNS} runs${VOL3 === undefined ? '; VOL3 names no peer' : ''}\n`,
  );
  try {
    commands(path, cache);
    scans(path, cache, size);
  } finally {
    rmSync(cache, { recursive: true });
  }
}

function ours(args: readonly string[], cache: string, env: Readonly<Record<string, string>> = {}): Command {
  return { argv: [process.execPath, BIN, ...args], env: { XDG_CACHE_HOME: cache, ...env } };
}

function peers(plugin: string, path: string): Command {
  const symbols = VOL3_SYMBOLS === undefined ? [] : ['-s', VOL3_SYMBOLS];
  const argv = [VOL3_PYTHON, join(VOL3 as string, 'vol.py'), '-q', '--offline', ...symbols, '-f', path, plugin];
  return { argv, env: VOL3_HOME === undefined ? {} : { HOME: VOL3_HOME } };
}

function commands(path: string, cache: string): void {
  row('', 'wall s', 'cpu s', 'RSS MiB', 'aim s', 'peer s', 'peer cpu', 'peer MiB', 'times faster');
  row(...['---'].concat(new Array(8).fill('---:')));
  const [help, bare] = measureInTurn([ours(['--help'], cache), { argv: [process.execPath, '-e', '0'] }], RUNS);
  if (bare !== undefined) row('node, doing nothing', ...figures(bare));
  if (help !== undefined) row('--help', ...figures(help), '0.15');
  measureInTurn([ours(['pslist', '-f', path], cache)], 1);
  for (const each of CASES) command(each, path, cache);
  console.log('');
}

function command({ name, args, peer, env, aim }: BenchCase, path: string, cache: string): void {
  const own = ours([...args, '-f', path], cache, env);
  // What a command compiles at its first run is kept for the next.
  measureInTurn([own], 1);
  const pair = VOL3 === undefined || peer === undefined ? [own] : [own, peers(peer, path)];
  const [we, they] = measureInTurn(pair, RUNS);
  if (we === undefined) return;
  const beside = they === undefined ? [] : [...figures(they), (they.wall / we.wall).toFixed(0)];
  row(name, ...figures(we), aim === undefined ? '' : `${aim}`, ...beside);
}

/** How fast every byte is read, beside a program that does nothing else. */
function scans(path: string, cache: string, size: number): void {
  // `wc -c FILE` asks for the size and reads nothing; through a pipe it has to read.
  const plain: readonly { readonly name: string; readonly argv: readonly string[] }[] = [
    { name: 'dd to /dev/null, 1 MiB blocks', argv: ['dd', `if=${path}`, 'of=/dev/null', 'bs=1M', 'status=none'] },
    { name: 'cat to wc -c', argv: ['sh', '-c', 'cat "$0" | wc -c', path] },
  ];
  const yardsticks = measureInTurn(plain, RUNS);
  const speed = ({ wall }: Measured) => size / MIB / Math.max(wall, 0.005);
  const piped = yardsticks[1] === undefined ? Number.NaN : speed(yardsticks[1]);
  row('', 'wall s', 'cpu s', 'RSS MiB', 'MiB/s', 'of cat to wc');
  row('---', '---:', '---:', '---:', '---:', '---:');
  plain.forEach(({ name }, index) => {
    const measured = yardsticks[index];
    if (measured !== undefined) row(name, ...figures(measured), speed(measured).toFixed(0));
  });
  for (const { name, args } of SCANS) {
    const [measured] = measureInTurn([ours([...args, '-f', path, '-r', 'none'], cache)], RUNS);
    if (measured === undefined) continue;
    const rate = speed(measured);
    row(name, ...figures(measured), rate.toFixed(0), `${((rate / piped) * 100).toFixed(0)} %`);
  }
}

function figures({ wall, cpu, rss }: Measured): string[] {
  return [wall.toFixed(2), cpu.toFixed(2), rss.toFixed(0)];
}

function row(...cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}
