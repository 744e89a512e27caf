/**
 * Exports of a snapshot as Volatility 3 reads them (VOL3=FOLDER): the processes of a Linux image that went into a store and
 * out again in each format, with the symbol file that `profile build -f` makes of it. Takes a minute.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileFromImage } from '../../../src/cli/build-symbol-file.js';
import { writeSymbolFile } from '../../../src/cli/write-symbol-file.js';
import { convertImage } from '../../../src/formats/convert-image.js';
import { openMemory } from '../../../src/formats/open-image.js';
import { linuxImages } from '../../ground-truth/images.js';
import { isLastSleep, standingProcesses } from '../../ground-truth/standing-processes.js';
import { importWhole, temporaryFolder, temporaryStore } from '../../snapshots/temporary-store.js';
import { hasVolatility, volatilityCommand } from './volatility.js';

interface ListedTask {
  readonly pid: number;
  readonly ppid: number;
  readonly comm: string;
}

const image = linuxImages().find(({ arch }) => arch === 'amd64');
const lacks = image === undefined ? ' (no image here)' : hasVolatility ? '' : ' (VOL3 names no Volatility 3)';

/** What `linux.pslist` says of an image. */
function listed(path: string, symbols: string): ListedTask[] {
  const { argv, env } = volatilityCommand(path, ['linux.pslist'], ['-s', symbols, '-r', 'json']);
  const [program = '', ...args] = argv;
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(stderr);
  return (JSON.parse(stdout) as { PID: number; PPID: number; COMM: string }[]).map(({ PID, PPID, COMM }) => ({
    pid: PID,
    ppid: PPID,
    comm: COMM,
  }));
}

describe.skipIf(lacks !== '')(`exports of a snapshot as Volatility sees them${lacks}`, () => {
  it('have the processes of the guest’s last ps in raw, LiME and ELF', { timeout: 300_000 }, async () => {
    const path = await image!.path();
    const truth = await image!.truth();
    const store = temporaryStore();
    const memory = await openMemory(path);
    importWhole(store, 'a', memory);
    memory.close();
    const folder = temporaryFolder();
    const symbols = join(folder, 'symbols', 'linux');
    mkdirSync(symbols, { recursive: true });
    writeSymbolFile(join(symbols, 'guest.json'), (await profileFromImage(path)).file);
    const byPid = (a: ListedTask, b: ListedTask) => a.pid - b.pid;
    for (const format of ['raw', 'lime', 'elf'] as const) {
      const snapshot = store.openMemory('a', 1);
      const exported = join(folder, `a.${format}`);
      await convertImage(snapshot, format, exported);
      snapshot.close();
      const found = listed(exported, join(folder, 'symbols')).filter((task) => !isLastSleep(truth, task));
      expect(found.sort(byPid), format).toEqual(standingProcesses(truth).sort(byPid));
    }
  });
});
