/**
 * Boots a guest in QEMU (TCG) up to the moment it reports its ground truth done, stops it there, and hands the stopped
 * machine to the caller. Knows nothing of dump formats (capture-formats.ts does).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { QmpClient } from './qmp-client.js';
import type { ImageRecipe } from './recipes.js';

/** The line that `init` writes to its first serial port when everything stands still. */
const DONE_MARKER = '=GT-DONE=';
const BOOT_LIMIT_MS = 15 * 60_000;
/** After the marker `init` goes to sleep; the stop waits for that, so that the processor is found idle in the kernel. */
const SETTLE_MS = 2_000;

/**
 * Runs `use` on the stopped guest, then ends QEMU, whatever happened.
 * Leaves in `outDir`: groundtruth.txt (second serial port), console.txt (first), command.txt. Rejects when the guest
 * does not get to the marker within BOOT_LIMIT_MS or QEMU ends early (with the tail of its console).
 */
export async function withStoppedGuest(
  recipe: ImageRecipe,
  guestDir: string,
  outDir: string,
  use: (monitor: QmpClient) => Promise<void>,
): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'memlapse-vm-'));
  const socket = join(scratch, 'qmp.sock');
  const truth = join(outDir, 'groundtruth.txt');
  const needsDisk = recipe.formats.find((format) => format.by === 'savevm');
  const args = [
    ...['-accel', 'tcg', '-nodefaults', '-display', 'none', '-no-reboot', '-m', String(recipe.mebibytes)],
    ...['-kernel', join(guestDir, 'vmlinuz'), '-initrd', join(guestDir, 'initrd.gz')],
    ...['-append', `console=ttyS0 panic=-1 ${recipe.kernelCommandLine}`.trim()],
    ...['-serial', 'stdio', '-serial', `file:${truth}`, '-qmp', `unix:${socket},server=on,wait=off`],
    ...(needsDisk ? ['-drive', `file=${join(outDir, needsDisk.file)},format=qcow2,if=none,id=savevm`] : []),
    ...recipe.qemuOptions,
  ];
  await writeFile(join(outDir, 'command.txt'), `${[recipe.qemu, ...args].map(shellQuote).join(' ')}\n`);

  const qemu = spawn(recipe.qemu, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(qemu, 'exit');
  try {
    const console = await readUntil(qemu.stdout, DONE_MARKER);
    const monitor = await QmpClient.connect(socket);
    await sleep(SETTLE_MS);
    await monitor.execute('stop');
    await writeFile(join(outDir, 'console.txt'), console);
    const machineState = `${await monitor.human('info registers -a')}\n${await monitor.human('info mtree -f')}`;
    await writeFile(join(outDir, 'registers.txt'), machineState.replaceAll('\r', ''));
    await use(monitor);
    await monitor.execute('quit');
    monitor.close();
    await ended;
  } finally {
    qemu.kill('SIGKILL');
    await rm(scratch, { recursive: true, force: true });
  }
}

function readUntil(stream: NodeJS.ReadableStream, marker: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const fail = (why: string) => reject(new Error(`${why}; the console ends with:\n${text.slice(-2000)}`));
    const timer = setTimeout(() => fail(`no ${marker} within ${BOOT_LIMIT_MS / 60_000} minutes`), BOOT_LIMIT_MS);
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.includes(marker)) return;
      clearTimeout(timer);
      resolve(text);
    });
    stream.once('end', () => {
      clearTimeout(timer);
      fail('QEMU ended early');
    });
  });
}

function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
