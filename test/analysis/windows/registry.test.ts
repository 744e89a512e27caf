import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import certificates from '../../../src/analysis/windows/certificates.js';
import driverscan from '../../../src/analysis/windows/driverscan.js';
import envars from '../../../src/analysis/windows/envars.js';
import handles from '../../../src/analysis/windows/handles.js';
import hivelist from '../../../src/analysis/windows/hivelist.js';
import hivescan from '../../../src/analysis/windows/hivescan.js';
import printkey from '../../../src/analysis/windows/printkey.js';
import { loadedHives, registryKey } from '../../../src/objects/windows/registry/registry.js';
import { keyPath } from '../../../src/objects/windows/registry-keys.js';
import { onReactOS } from './on-reactos.js';

const CONTROL = '\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control';

onReactOS('the registry', (opened) => {
  it('has the hives, and where they hang, that the guest itself noted in it', async () => {
    const { rows } = opened();
    const noted = (await rows(printkey, { key: `${CONTROL}\\hivelist` })).filter(({ type }) => type !== 'Key');
    const listed = (await rows(hivelist)).filter(({ key }) => key !== '\\REGISTRY');
    expect(listed.map(({ key }) => key).sort()).toEqual(noted.map(({ name }) => name).sort());
    for (const { key, path } of listed) {
      const file = noted.find(({ name }) => name === key)?.data ?? '';
      // The last two parts are the same however the volume is named.
      const tail = (whole: string | undefined) => whole?.toLowerCase().split('\\').slice(-2).join('\\') ?? '';
      expect(tail(file), key).toBe(tail(path));
    }
  });

  it('is found by scanning as it is on the list', async () => {
    const { rows } = opened();
    const found = await rows(hivescan);
    expect(found.map(({ offset }) => offset)).toEqual((await rows(hivelist)).map(({ offset }) => offset));
    expect(new Set(found.map((row) => row.found?.join()))).toEqual(new Set(['list,scan']));
  });

  it('has a key of the same name in the same cell for every key that is open', async () => {
    const { kernel, rows } = opened();
    const open = (await rows(handles)).filter(({ type }) => type === 'Key');
    expect(open.length).toBeGreaterThan(50);
    for (const { offset, name } of open) {
      const block = kernel.struct('_CM_KEY_BODY', offset as bigint).follow('KeyControlBlock')!;
      expect(keyPath(block)).toBe(name);
      const hive = loadedHives(kernel).find(({ hive }) => hive.view.address === block.ptr('KeyHive'));
      const key = registryKey(kernel, name as string);
      expect({ name, hive: key?.hive, cell: key?.cell }).toEqual({
        name,
        hive: hive?.hive,
        cell: block.num('KeyCell'),
      });
    }
  });

  it('is read whole, each list as long as its key says', async () => {
    const all = await opened().rows(printkey, { recurse: true });
    const keys = all.filter(({ type }) => type === 'Key');
    expect(keys.length).toBeGreaterThan(8000);
    // A key lies where its parent's path says, once.
    const paths = new Set(keys.map(({ hive, key }) => `${hive} ${key}`));
    expect(paths.size).toBe(keys.length);
    for (const { hive, key } of keys) {
      const parent = key!.slice(0, key!.lastIndexOf('\\'));
      const isRoot = loadedHives(opened().kernel).some(({ mount }) => mount === key);
      expect(isRoot || paths.has(`${hive} ${parent}`), key).toBe(true);
    }
  });

  it('holds the variables that every process of the system started with', async () => {
    const { rows } = opened();
    const key = `${CONTROL}\\Session Manager\\Environment`;
    // The prompt is the shell's; the processor is noted after the variables are read, and was another one before.
    const others = ['PROMPT', 'PROCESSOR_IDENTIFIER', 'PROCESSOR_REVISION'];
    const noted = (await rows(printkey, { key })).filter(
      ({ type, name }) => type === 'REG_SZ' && !others.includes(String(name)),
    );
    expect(noted).toHaveLength(5);
    // services.exe hands on what it got from the registry.
    const variables = new Map((await rows(envars, { pid: [172] })).map(({ name, value }) => [name, value]));
    expect(noted.map(({ name, data }) => [name, data])).toEqual(noted.map(({ name }) => [name, variables.get(name)]));
  });

  it('describes the service of every driver that the I/O manager loaded for one', async () => {
    const { kernel, rows } = opened();
    const drivers = (await rows(driverscan)).filter(({ service }) => service);
    const services = `${CONTROL.replace(/Control$/, 'Services')}`;
    let described = 0;
    for (const { service } of drivers) {
      const key = registryKey(kernel, `${services}\\${service!.split('\\').at(-1)}`);
      if (key === undefined) continue;
      // SERVICE_KERNEL_DRIVER, SERVICE_FILE_SYSTEM_DRIVER, SERVICE_RECOGNIZER_DRIVER.
      expect([1, 2, 8], service).toContain(key.value('Type')?.data?.[0]);
      described++;
    }
    expect(described).toBeGreaterThan(20);
  });

  it('holds certificates that have the SHA-1 that their keys are called by', async () => {
    const files = new Map<string, string>();
    const { image } = opened();
    const { runPlugin, SILENT_IO } = await import('../../../src/analysis/run-plugin.js');
    const extract = (name: string | readonly string[], chunks: Iterable<{ readonly bytes: Uint8Array }>) => {
      const hash = createHash('sha1');
      for (const { bytes } of chunks) hash.update(bytes);
      files.set(String(name), hash.digest('hex').toUpperCase());
      return String(name);
    };
    let count = 0;
    for await (const { row } of runPlugin(certificates as never, image, {}, { ...SILENT_IO, extract })) {
      const { file, thumbprint, matches, subject } = row as Record<string, unknown>;
      expect(files.get(String(file)), String(subject)).toBe(thumbprint);
      expect(matches).toBe(true);
      count++;
    }
    expect(count).toBe(133);
  });
});
