/** One command for the plugins of several systems: it takes the one that fits the image. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REACTOS } from '../analysis/windows/on-reactos.js';
import { ensureBuilt, memlapse, scratch } from './run-cli.js';

const HOUR = 3_600_000;

describe.skipIf(REACTOS === undefined)('commands of several systems (skipped when there is no Windows image)', () => {
  const folder = scratch();
  let image: string;
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeAll(async () => {
    ensureBuilt();
    image = await REACTOS!.path();
  }, HOUR);

  it('take the plugin that fits the image, without being told which', { timeout: HOUR }, async () => {
    const { code, stdout } = await memlapse(folder, ['pslist', '-f', image, '--json', '--no-cache']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)[0]).toMatchObject({ pid: 4, name: 'System', session: null });
  });

  it('refuse what only the plugin of another system can do', { timeout: HOUR }, async () => {
    const { code, stderr } = await memlapse(folder, ['maps', '-f', image, '--dump']);
    expect(stderr).toContain('maps has no --dump for windows images');
    expect(code).toBe(2);
  });

  it('say so where the system has none', { timeout: HOUR }, async () => {
    const { code, stderr } = await memlapse(folder, ['linux', 'lsns', '-f', image]);
    expect(stderr).toContain('lsns is not there for windows images');
    expect(code).toBe(1);
  });
});
