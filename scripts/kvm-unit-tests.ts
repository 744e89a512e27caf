// Runs kvm-unit-tests' x86 binaries in the embedded emulator and in QEMU TCG, and prints both results side by side.
//
//   git clone https://gitlab.com/kvm-unit-tests/kvm-unit-tests.git, then in one copy each:
//   ./configure --arch=x86_64 && make        ./configure --arch=i386 && make
//   npx tsx scripts/kvm-unit-tests.ts FOLDER64 [FOLDER32] [--only REGEXP] [--seconds 60] [--no-qemu] [--logs FOLDER]
//
// A table in Markdown on stdout: subtests passed/failed/skipped and how each run ended. Ends with 1 when a test that
// QEMU passes fails here. The suite is GPL: it is a judge outside of the project, nothing of it comes along.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { notOurs, readUnitTests, type UnitTest } from '../test/judges/unit-test-list.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '60' },
    'no-qemu': { type: 'boolean', default: false },
    'no-jit': { type: 'boolean', default: false },
    logs: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const only = new RegExp(values.only);
const scratch = mkdtempSync(join(tmpdir(), 'kvm-unit-tests-'));
if (values.logs !== undefined) mkdirSync(values.logs, { recursive: true });

interface Result {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: number;
  /** '' for an orderly end with success, else what happened. */
  readonly end: string;
}

/** Runs a command and reads what the test printed; `code` turns the exit code into how it ended. */
function run(command: string, args: readonly string[], log: string, end: (code: number) => string): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, seconds * 1000);
    child.stdout.on('data', (data) => {
      text += data;
    });
    child.stderr.on('data', (data) => {
      text += data;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      if (values.logs !== undefined) writeFileSync(join(values.logs, log), text);
      const lines = text.split(/\r?\n/);
      const starting = (word: string): string[] => lines.filter((line) => line.startsWith(word));
      const unhandled = /Unhandled.*/.exec(text)?.[0];
      resolve({
        passed: starting('PASS').length + starting('XFAIL').length,
        failed: [...starting('FAIL'), ...starting('XPASS')],
        skipped: starting('SKIP').length,
        end: late ? `not done in ${seconds} s` : (unhandled ?? end(code ?? -1)),
      });
    });
  });
}

function ours(test: UnitTest, folder: string, log: string): Promise<Result> {
  const environment = join(scratch, 'environment');
  // With a test device the APIC tests call KVM.
  const device = test.file === 'apic.flat' ? 0 : 1;
  writeFileSync(environment, `NR_CPUS=1\nMEMSIZE=256\nTEST_DEVICE=${device}\n`);
  const args = [
    'bin/run.js', 'emulate', '--boot', 'multiboot', '--kernel', join(folder, 'x86', test.file), '--initrd', environment,
    '--append', test.args, '--memory', test.memory === '' ? '256M' : `${test.memory}`, '--test-device', '--cpu', 'max',
    ...(values['no-jit'] ? ['--no-jit'] : []),
  ]; // biome-ignore format: a command line
  return run('node', args, `${log}.ours`, (code) => (code === 0 ? '' : 'ended with failures'));
}

function theirs(test: UnitTest, folder: string, log: string): Promise<Result> {
  const args = [
    '--no-reboot', '-nodefaults', '-device', 'pc-testdev', '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x4',
    '-display', 'none', '-serial', 'stdio', '-device', 'pci-testdev', '-machine', 'accel=tcg',
    '-kernel', join(folder, 'x86', test.file), '-append', test.args, ...test.qemuOptions,
  ]; // biome-ignore format: a command line
  // The exit device turns code n into 2n + 1.
  return run('qemu-system-x86_64', args, `${log}.qemu`, (code) => (code === 1 ? '' : 'ended with failures'));
}

const count = ({ passed, failed, skipped }: Result): string => `${passed}/${failed.length}/${skipped}`;
const isGood = (result: Result): boolean => result.end === '' && result.failed.length === 0;

let worse = 0;
console.log('| test | build | passed/failed/skipped | QEMU TCG | end | end in QEMU | |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const [index, folder] of positionals.entries()) {
  const arch = index === 0 ? 'x86_64' : 'i386';
  const tests = readUnitTests(readFileSync(join(folder, 'x86', 'unittests.cfg'), 'utf8'));
  for (const test of tests) {
    const wanted = (test.arch === undefined || test.arch === arch) && only.test(test.name);
    if (!wanted || notOurs(test) !== undefined || !existsSync(join(folder, 'x86', test.file))) continue;
    const log = `${test.name}.${arch}`;
    const mine = await ours(test, folder, log);
    const peer = values['no-qemu'] ? undefined : await theirs(test, folder, log);
    const missed = peer === undefined ? [] : mine.failed.filter((line) => !peer.failed.includes(line));
    const isWorse =
      peer !== undefined && ((isGood(peer) && !isGood(mine)) || missed.length > 0 || mine.passed < peer.passed);
    if (isWorse) worse++;
    const cells = [test.name, arch, count(mine), peer === undefined ? '-' : count(peer), mine.end, peer?.end ?? ''];
    console.log(`| ${[...cells, isWorse ? 'worse' : ''].join(' | ')} |`);
    for (const line of missed) console.error(`${test.name} ${arch}: ${line}`);
  }
}
rmSync(scratch, { recursive: true });
console.log(`\n${worse} tests are worse here than in QEMU TCG`);
process.exit(worse > 0 ? 1 : 0);
