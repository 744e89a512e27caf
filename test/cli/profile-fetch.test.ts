import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_GUID, samplePdb } from '../formats/pdb/sample-pdb.js';
import { synthesizeNt } from '../synthetic/windows/synthesize-nt.js';
import { ensureBuilt, memlapse, scratch } from './run-cli.js';

const IDENTITY = `ntkrnlmp.pdb/${SAMPLE_GUID}-1`;
const ON_SERVER = `ntkrnlmp.pdb/${SAMPLE_GUID}1/ntkrnlmp.pdb`;

describe('profile fetch', () => {
  const folder = scratch();
  const asked: string[] = [];
  let server: Server;
  let url = '';
  const path = (...names: string[]) => join(folder, ...names);
  const made = (name: string) => JSON.parse(gunzipSync(readFileSync(path(name))).toString());

  beforeAll(async () => {
    await ensureBuilt();
    server = createServer(({ url: address = '' }, answer) => {
      asked.push(address);
      if (address.startsWith('/cab/')) answer.end('MSCF and more');
      else if (address.startsWith('/page/')) answer.end('<html>');
      else if (address === `/symbols/${ON_SERVER}`) answer.end(samplePdb());
      else answer.writeHead(404).end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }, 300_000);
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it('asks the server for the kernel of an image, keeps what it gets, and needs it no more', async () => {
    const image = path('memory.raw');
    writeFileSync(image, synthesizeNt('10.0.19041.804', { identity: IDENTITY }).bytes);
    const symbols = `SRV*${path('kept')}*${url}/symbols/`;
    const first = await memlapse(folder, [
      'profile',
      'fetch',
      '-f',
      image,
      '--symbols',
      symbols,
      '--to',
      path('a.json.gz'),
    ]);
    expect([first.code, first.stderr]).toEqual([0, `memlapse: ntkrnlmp.pdb of ${url}/symbols\n`]);
    expect(made('a.json.gz').metadata.windows.pdb).toMatchObject({
      GUID: SAMPLE_GUID,
      age: 1,
      database: 'ntkrnlmp.pdb',
    });
    expect(made('a.json.gz').user_types._EPROCESS.fields.UniqueProcessId.offset).toBe(0x440);
    expect(existsSync(path('kept', ON_SERVER))).toBe(true);
    const requests = asked.length;
    const again = ['profile', 'fetch', IDENTITY, '--symbols', `SRV*${path('kept')}`, '--to', path('b.json.gz'), '-q'];
    expect(await memlapse(folder, again)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(made('b.json.gz')).toEqual(made('a.json.gz'));
    expect(asked.length).toBe(requests);
  });

  it('says of every place why it has nothing', async () => {
    const packed = path('packed', ON_SERVER.replace(/b$/, '_'));
    mkdirSync(join(packed, '..'), { recursive: true });
    writeFileSync(packed, 'MSCF');
    const symbols = [
      `SRV*${path('packed')}*${url}/none`,
      `${url}/cab`,
      `${url}/page`,
      'http://127.0.0.1:9/x',
      path('plain'),
    ].join(';');
    const { code, stderr } = await memlapse(folder, [
      'profile',
      'fetch',
      IDENTITY,
      '--symbols',
      symbols,
      '--to',
      path('c.json'),
    ]);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    for (const part of [
      `${packed} is packed`,
      'answered 404',
      'as a cabinet only',
      'no program database',
      'cannot be asked',
      `not in ${path('plain')}`,
    ]) {
      expect(stderr).toContain(part);
    }
    expect(existsSync(path('c.json'))).toBe(false);
  });

  it('refuses what it does not understand', async () => {
    for (const args of [
      [IDENTITY, '--symbols', 'DSK*x*y'],
      ['ntkrnlmp.pdb/12', '--symbols', 'SRV*x'],
      ['../../etc/passwd.pdb/00112233445566778899AABBCCDDEEFF-1', '--symbols', 'SRV*x'],
      ['--symbols', 'SRV*x'],
    ]) {
      const { code, stderr } = await memlapse(folder, ['profile', 'fetch', ...args, '--to', path('d.json')]);
      expect(code, stderr).not.toBe(0);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    }
  });

  it('profile build says how to unpack a cabinet, and takes a database itself', async () => {
    writeFileSync(path('ntkrnlmp.pd_'), 'MSCF\0\0\0\0');
    const refused = await memlapse(folder, ['profile', 'build', path('ntkrnlmp.pd_'), '--to', path('e.json')]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('cabextract')]);
    writeFileSync(path('own.pdb'), samplePdb());
    const taken = await memlapse(folder, ['profile', 'build', path('own.pdb'), '--to', path('f.json.gz')]);
    expect(taken.code, taken.stderr).toBe(0);
    expect(made('f.json.gz').symbols.PsActiveProcessHead.address).toBe(0xa100);
  });
});
