import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesizeNt } from '../synthetic/windows/synthesize-nt.js';
import { ensureBuilt, memlapse, scratch } from './run-cli.js';

describe('a raw image of Windows', () => {
  const folder = scratch();
  const nt = synthesizeNt('10.0.17763.2114');
  const path = join(folder, 'memory.raw');
  beforeAll(async () => {
    await ensureBuilt();
    writeFileSync(path, nt.bytes);
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('needs no flag: pslist finds system, kernel and profile', async () => {
    const { code, stdout, stderr } = await memlapse(folder, ['pslist', '-f', path, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const listed = nt.truth.processes.filter(({ unlinked }) => unlinked !== true);
    expect(JSON.parse(stdout).map(({ pid, name }: { pid: number; name: string }) => [pid, name])).toEqual(
      listed.map(({ pid, name }) => [pid, name]),
    );
  });

  it('says of itself which build it is', async () => {
    const { stdout } = await memlapse(folder, ['info', '-f', path, '--json']);
    expect(stdout).toContain(nt.guest.types.identity);
    expect(stdout).toContain('10.0.17763');
  });
});
