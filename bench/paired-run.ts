/** The tables that benchmarks print: our commands in turn with a peer's, and how fast every byte of an image is read. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { BenchCase, ScanCase } from './cases.js';
import { type Command, type Measured, measureInTurn } from './measure.js';

const BIN = resolve(import.meta.dirname, '../bin/run.js');
const MIB = 1024 * 1024;
/** How often each command is run; the median counts. */
const RUNS = Number(process.env.RUNS ?? 5);

/** A peer: its name in the head of the table, and the command that answers what one of its plugins does. */
interface Peer {
  readonly name: string;
  command(plugin: string): Command;
}

export class PairedRun {
  readonly #path: string;
  readonly #peers: readonly Peer[];
  readonly #cache = mkdtempSync(join(tmpdir(), 'memlapse-bench-cache-'));

  constructor(path: string, peers: readonly Peer[]) {
    this.#path = path;
    this.#peers = peers;
    const machine = `${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
    const without = peers.length === 0 ? '; VOL3 names no peer' : '';
    console.log(`${machine}, image of ${statSync(path).size / MIB} MiB, median of ${RUNS} runs${without}\n`);
  }

  /** Commands that look for something, each in turn with the peers' plugins. */
  commands(cases: readonly BenchCase[]): void {
    const heads = this.#peers.flatMap(({ name }) => [`${name} s`, 'cpu s', 'MiB', 'times faster']);
    row('', 'wall s', 'cpu s', 'RSS MiB', 'aim s', ...heads);
    row(...['---'].concat(new Array(4 + heads.length).fill('---:')));
    const [help, bare] = measureInTurn([this.#ours(['--help']), { argv: [process.execPath, '-e', '0'] }], RUNS);
    if (bare !== undefined) row('node, doing nothing', ...figures(bare));
    if (help !== undefined) row('--help', ...figures(help), '0.15');
    measureInTurn([this.#ours(['pslist', '-f', this.#path])], 1);
    for (const each of cases) this.#command(each);
  }

  #command({ name, args, peer, env, aim }: BenchCase): void {
    const own = this.#ours([...args, '-f', this.#path], env);
    // What a command compiles at its first run is kept for the next.
    measureInTurn([own], 1);
    const others = peer === undefined ? [] : this.#peers.map(({ command }) => command(peer));
    const [we, ...they] = measureInTurn([own, ...others], RUNS);
    if (we === undefined) return;
    const beside = they.flatMap((each) => [...figures(each), (each.wall / we.wall).toFixed(1)]);
    row(name, ...figures(we), aim === undefined ? '' : `${aim}`, ...beside);
  }

  /** A row of a command by itself. */
  alone(name: string, command: Command): void {
    const [measured] = measureInTurn([command], RUNS);
    if (measured !== undefined) row(name, ...figures(measured));
  }

  /** How fast every byte is read, beside a program that does nothing else. */
  scans(cases: readonly ScanCase[]): void {
    // `wc -c FILE` asks for the size and reads nothing; through a pipe it has to read.
    const plain = [
      {
        name: 'dd to /dev/null, 1 MiB blocks',
        argv: ['dd', `if=${this.#path}`, 'of=/dev/null', 'bs=1M', 'status=none'],
      },
      { name: 'cat to wc -c', argv: ['sh', '-c', 'cat "$0" | wc -c', this.#path] },
    ];
    const size = statSync(this.#path).size;
    const speed = ({ wall }: Measured) => size / MIB / Math.max(wall, 0.005);
    const yardsticks = measureInTurn(plain, RUNS);
    const piped = yardsticks[1]?.wall ?? Number.NaN;
    console.log('');
    row('', 'wall s', 'cpu s', 'RSS MiB', 'MiB/s', 'times cat to wc');
    row('---', '---:', '---:', '---:', '---:', '---:');
    plain.forEach(({ name }, index) => {
      const measured = yardsticks[index];
      if (measured !== undefined) row(name, ...figures(measured), speed(measured).toFixed(0));
    });
    for (const { name, args } of cases) {
      const [measured] = measureInTurn([this.#ours([...args, '-f', this.#path, '-r', 'none'])], RUNS);
      if (measured === undefined) continue;
      row(name, ...figures(measured), speed(measured).toFixed(0), (measured.wall / piped).toFixed(1));
    }
  }

  close(): void {
    rmSync(this.#cache, { recursive: true });
  }

  #ours(args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
    return { argv: [process.execPath, BIN, ...args], env: { XDG_CACHE_HOME: this.#cache, ...env } };
  }
}

function figures({ wall, cpu, rss }: Measured): string[] {
  return [wall.toFixed(2), cpu.toFixed(2), rss.toFixed(0)];
}

function row(...cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}
