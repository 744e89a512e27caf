/**
 * `npm run self-test [amd64|686|686-pae …]`: Debian's kernels, unmodified, to a shell; the self-test typed there; power-off.
 * In the emulator, and in QEMU (TCG) beside it where that is installed. Prints a table; exit code 1 when a test fails.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emulate } from '../../../src/emulator-host/emulate.js';
import type { Flavour } from '../../support/debian-kernel.js';
import { DIALOGUE, type SelfTestGuest, selfTestGuest } from './self-test-guest.js';

const FLAVOURS: readonly Flavour[] = ['amd64', '686', '686-pae'];
const QEMU = 'qemu-system-x86_64';
const QEMU_LIMIT = 900_000;

interface Run {
  /** ok, or why not, by test. */
  readonly results: ReadonlyMap<string, string>;
  readonly release: string;
  readonly poweredOff: boolean;
  readonly cpuSeconds: number;
}

function parse(console: string, poweredOff: boolean, cpuSeconds: number): Run {
  const results = new Map<string, string>();
  for (const [, name = '', result = ''] of console.matchAll(/SELFTEST (\S+) (ok|FAILED .*?)\r?$/gm)) {
    results.set(name, result);
  }
  const done = /SELFTEST-DONE (\d+)/.exec(console)?.[1];
  if (done === undefined) results.set('(end)', 'FAILED never reached');
  const release = /^(\d+\.\d+\.\d+-\S+)\r?$/m.exec(console)?.[1] ?? 'no shell';
  return { results, release, poweredOff, cpuSeconds };
}

const cpuSeconds = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};

async function inEmulator(guest: SelfTestGuest, folder: string): Promise<Run> {
  const script = join(folder, 'script');
  const escaped = (text: string): string => text.replaceAll('\n', '\\n');
  writeFileSync(script, DIALOGUE.map(({ expect, send }) => `expect ${expect}\nsend ${escaped(send)}\n`).join(''));
  const chunks: Uint8Array[] = [];
  const before = process.cpuUsage();
  const { outcome } = await emulate({ ...guest, script }, { output: (bytes) => void chunks.push(bytes) });
  return parse(Buffer.concat(chunks).toString('latin1'), outcome.kind === 'power-off', cpuSeconds(before));
}

async function inQemu(guest: SelfTestGuest): Promise<Run> {
  const machine = ['-accel', 'tcg', '-nodefaults', '-display', 'none', '-m', '256', '-no-reboot', '-serial', 'stdio'];
  const boot = ['-kernel', guest.kernel, '-initrd', guest.initrd, '-append', guest.append];
  const child = spawn(QEMU, [...machine, ...boot], { stdio: ['pipe', 'pipe', 'inherit'] });
  const limit = setTimeout(() => child.kill(), QEMU_LIMIT);
  let console = '';
  let seen = 0;
  let step = 0;
  child.stdout.on('data', (bytes: Buffer) => {
    console += bytes.toString('latin1');
    for (let next = DIALOGUE[step]; next !== undefined; next = DIALOGUE[step]) {
      const at = console.indexOf(next.expect, seen);
      if (at < 0) return;
      seen = at + next.expect.length;
      child.stdin.write(next.send);
      step++;
    }
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(limit);
  return parse(console, code === 0 && /Power down/.test(console), Number.NaN);
}

function table(columns: ReadonlyMap<string, Run>): string {
  const names = [...new Set([...columns.values()].flatMap(({ results }) => [...results.keys()]))];
  const lines = [
    ['', ...columns.keys()],
    ['kernel', ...[...columns.values()].map(({ release }) => release)],
  ];
  for (const name of names) {
    lines.push([
      name,
      ...[...columns.values()].map(({ results }) => (results.get(name) ?? '-').split(' ')[0] as string),
    ]);
  }
  lines.push(['power-off', ...[...columns.values()].map(({ poweredOff }) => (poweredOff ? 'ok' : 'FAILED'))]);
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')).join('\n');
}

const wanted = process.argv.slice(2);
const flavours = wanted.length === 0 ? FLAVOURS : FLAVOURS.filter((each) => wanted.includes(each));
const hasQemu = spawnSync(QEMU, ['--version']).error === undefined;
const folder = mkdtempSync(join(tmpdir(), 'memlapse-self-test-'));
const columns = new Map<string, Run>();
try {
  for (const flavour of flavours) {
    const guest = selfTestGuest(flavour, join(folder, flavour));
    if (guest === undefined) continue;
    const own = await inEmulator(guest, folder);
    columns.set(`${flavour} memlapse`, own);
    console.log(`${flavour}: ${own.results.size} tests in the emulator, ${own.cpuSeconds.toFixed(1)} s of CPU time`);
    if (hasQemu) columns.set(`${flavour} QEMU`, await inQemu(guest));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(table(columns));
for (const [name, { results }] of columns) {
  for (const [test, result] of results) if (result !== 'ok') console.log(`${name}: ${test}: ${result}`);
}
const failed = [...columns.values()].some(
  (run) => !run.poweredOff || [...run.results.values()].some((one) => one !== 'ok'),
);
process.exitCode = failed || columns.size === 0 ? 1 : 0;
