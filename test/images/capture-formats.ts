/**
 * Writes the memory of one stopped guest: registers are not its business, only memory in each format a recipe names.
 * All files of one call hold the same moment, since the guest never runs in between.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { compactElfHeader } from './compact-elf-header.js';
import type { QmpClient } from './qmp-client.js';
import type { FormatRecipe, ImageRecipe } from './recipes.js';

const run = promisify(execFile);
const GIB = 2 ** 30;
/** QEMU's `pc` machine: with more than 3.5 GiB, RAM above 3 GiB moves up behind the PCI hole (hw/i386/pc_piix.c). */
const LOW_RAM_LIMIT = 3.5 * GIB;
const LOW_RAM_WHEN_SPLIT = 3 * GIB;
const HIGH_RAM_START = 4 * GIB;
/** makedumpfile's bit mask of message kinds: 4 is errors alone. */
const ERRORS_ONLY = '4';

/** mem.raw, where file offset = physical address; a PCI hole is a hole in the file. */
export async function saveRaw(monitor: QmpClient, recipe: ImageRecipe, outDir: string): Promise<void> {
  const size = recipe.mebibytes * 2 ** 20;
  const raw = join(outDir, 'mem.raw');
  if (size <= LOW_RAM_LIMIT) {
    await monitor.execute('pmemsave', { val: 0, size, filename: raw });
    return;
  }
  await rm(raw, { force: true });
  const pieces = [
    { start: 0, length: LOW_RAM_WHEN_SPLIT },
    { start: HIGH_RAM_START, length: size - LOW_RAM_WHEN_SPLIT },
  ];
  for (const { start, length } of pieces) {
    const part = `${raw}.part`;
    await monitor.execute('pmemsave', { val: start, size: length, filename: part });
    await run('dd', [`if=${part}`, `of=${raw}`, 'bs=1M', `seek=${start / 2 ** 20}`, 'conv=sparse,notrunc']);
    await rm(part);
  }
  const file = await open(raw, 'r+');
  await file.truncate(HIGH_RAM_START + size - LOW_RAM_WHEN_SPLIT);
  await file.close();
}

/**
 * Writes one format into `outDir`. Migration must come last of those QEMU makes: it leaves the machine in the
 * postmigrate state, from which nothing else is saved.
 */
export async function saveFormat(monitor: QmpClient, format: FormatRecipe, outDir: string): Promise<void> {
  const file = join(outDir, format.file);
  switch (format.by) {
    case 'dump-guest-memory':
      await monitor.execute('dump-guest-memory', {
        paging: format.paging,
        protocol: `file:${file}`,
        ...(format.paging ? {} : { format: format.format }),
      });
      await run('fallocate', ['--dig-holes', file]);
      return;
    case 'savevm': {
      const complaint = await monitor.human('savevm stopped');
      if (complaint.trim() !== '') throw new Error(`savevm: ${complaint.trim()}`);
      return;
    }
    case 'migrate':
      await monitor.execute('migrate', { uri: `exec:cat > ${file}` });
      await migrationEnd(monitor);
      return;
    case 'compact-elf-header':
      await compactElfHeader(join(outDir, format.from), file);
      return;
    case 'makedumpfile':
      await makedumpfile(format.options, join(outDir, format.from), file);
  }
}

async function migrationEnd(monitor: QmpClient): Promise<void> {
  for (;;) {
    const { status } = (await monitor.execute('query-migrate')) as { status?: string };
    if (status === 'completed') return;
    if (status === 'failed' || status === 'cancelled') throw new Error(`migrate: ${status}`);
    await sleep(200);
  }
}

async function makedumpfile(options: readonly string[], input: string, output: string): Promise<void> {
  await rm(output, { force: true });
  const readsStdin = options.includes('-R');
  const args = readsStdin ? [...options, output] : [...options, input, output];
  const source = readsStdin ? await open(input, 'r') : undefined;
  try {
    const child = spawn('makedumpfile', ['--message-level', ERRORS_ONLY, ...args], {
      stdio: [source?.fd ?? 'ignore', 'ignore', 'inherit'],
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`makedumpfile ${args.join(' ')} ended with ${code}`);
  } finally {
    await source?.close();
  }
}
