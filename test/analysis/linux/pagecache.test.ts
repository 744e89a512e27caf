/**
 * The page cache adds up to what /proc/meminfo said, and gives back byte for byte what was put into the guest: its
 * initial root, what its programs wrote, and three copies of one program of which two are deleted.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image } from '../../../src/analysis/image.js';
import pagecache from '../../../src/analysis/linux/pagecache.js';
import type { PluginIo } from '../../../src/analysis/plugin.js';
import type { Row } from '../../../src/core/columns.js';
import { cpioFiles } from '../../ground-truth/cpio-archive.js';
import type { GroundTruth } from '../../ground-truth/ground-truth.js';
import type { TestImage } from '../../ground-truth/images.js';
import { openTestImage, typedLinuxImages, wholeRows } from '../test-kernels.js';

type CachedFile = Row<typeof pagecache.columns>;

const found = typedLinuxImages();

/** The guest's initial root, where make-images.ts left it: guests of one kernel share it. */
function initrdOf(test: TestImage): string {
  const kernel = /^(?:amd64-6\.\d+|i386-686(?:-pae)?)/.exec(test.name)?.[0] ?? '';
  return join(test.directory, '../.build/guests', kernel, 'initrd.gz');
}

/** Keeps what a plugin extracts, by path; holes are zeros. */
function collector(): { files: Map<string, Buffer>; io: PluginIo } {
  const files = new Map<string, Buffer>();
  const extract: PluginIo['extract'] = (name, chunks) => {
    const path = `/${typeof name === 'string' ? name : name.join('/')}`;
    let whole = Buffer.alloc(0);
    for (const { offset, bytes } of chunks) {
      const end = offset + bytes.length;
      if (end > whole.length) whole = Buffer.concat([whole, Buffer.alloc(end - whole.length)]);
      whole.set(bytes, offset);
    }
    files.set(path, whole);
    return path;
  };
  return { files, io: { extract, progress: () => {}, note: () => {}, shows: () => true } };
}

describe.skipIf(found.length === 0)('pagecache on real images (skipped when none is found)', () => {
  describe.each(found)('$name', (test) => {
    let image: Image;
    let truth: GroundTruth;
    let rows: CachedFile[];
    const { files, io } = collector();

    beforeAll(async () => {
      image = await openTestImage(test);
      truth = await test.truth();
      rows = await wholeRows<CachedFile>(image, pagecache, { dump: true }, io);
    });
    afterAll(() => image.close());

    /** `ls /tmp/ready`, in columns. */
    const ready = () => (truth.sections.get('ready') ?? []).flatMap((line) => line.split(/\s+/)).filter(Boolean);
    const row = (path: string, fsType?: string) =>
      rows.find((each) => each.path === path && (fsType === undefined || each.fsType === fsType));

    it('adds up to Shmem, Cached and Buffers of /proc/meminfo', () => {
      const kib = (wanted: (each: CachedFile) => boolean) =>
        rows.filter(wanted).reduce((sum, each) => sum + Number(each.cachedPages) * 4, 0);
      const printed = (name: string) => {
        const line = truth.sections.get('meminfo')?.find((each) => each.startsWith(`${name}:`));
        return Number(/\d+/.exec(line ?? '')?.[0]);
      };
      const inMemory = new Set<string | undefined>(['tmpfs', 'rootfs', 'devtmpfs']);
      expect(kib((each) => inMemory.has(each.fsType))).toBe(printed('Shmem'));
      expect(kib((each) => each.fsType !== 'bdev')).toBe(printed('Cached'));
      expect(kib((each) => each.fsType === 'bdev')).toBe(printed('Buffers'));
    });

    it('gives back what the programs of the guest wrote', () => {
      const texts = {
        '/etc/zoo.conf': 'zoo-config MARKER-CONF\n',
        '/tmp/reg1.txt': 'regular file one: MARKER-REG1\n',
        '/tmp/reg2.log': 'regular file two: MARKER-REG2\nappended\n',
        '/tmp/deleted.bin': 'deleted but open: MARKER-DELETED\n',
        '/tmp/bash_out': 'MARKER-HIST-ONE\n',
        // The write of 31 bytes takes the terminating NUL along.
        '/memfd:memfd-MARKER': '\x7fELF memfd payload MARKER-MEMFD',
        '/tmp/loopmnt/on-ext4.txt': 'MARKER-EXT4-FILE\n',
      };
      for (const [path, text] of Object.entries(texts)) {
        expect([path, files.get(path)?.toString('latin1').replace(/\0+$/, '')]).toEqual([path, text]);
        expect([path, row(path)?.size]).toEqual([path, BigInt(files.get(path)!.length)]);
      }
      const mapped = files.get('/tmp/mapped.dat')!;
      const expected = Buffer.alloc(3 * 4096);
      expected.write('MARKER-MAPPED-FILE\n');
      expected.write('MARKER-SHARED-WRITE', 2 * 4096);
      expect(mapped.equals(expected)).toBe(true);
    });

    it('recovers deleted copies of a program', () => {
      const program = files.get('/bin/zoo')!;
      expect(program.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
      for (const path of ['/tmp/delexe', '/memfd:stage2']) {
        expect(row(path)?.deleted).toBe(true);
        expect(files.get(path)?.equals(program)).toBe(true);
      }
      expect(row('/bin/zoo')?.deleted).toBe(false);
      expect(row('/tmp/deleted.bin')?.deleted).toBe(true);
    });

    it.skipIf(!existsSync(initrdOf(test)))(
      'recovers every file of the initial root (skipped without its archive)',
      () => {
        const archive = cpioFiles(gunzipSync(readFileSync(initrdOf(test))));
        for (const [path, contents] of archive) {
          expect([path, files.get(path)?.equals(contents)]).toEqual([path, true]);
          expect(row(path)?.size).toBe(BigInt(contents.length));
        }
        expect(archive.size).toBeGreaterThan(15);
      },
    );

    it('shows modes, owners and sizes as ls -l printed them', () => {
      const lines = truth.sections.get('ls_btf')?.filter((line) => /^[-dl]\S{9} /.test(line)) ?? [];
      const printed = lines
        .map((line) => line.split(/ +/))
        .map(([mode, , uid, gid, size, , , , name]) => {
          return { path: `/sys/kernel/btf/${name}`, mode, uid: Number(uid), gid: Number(gid), size: BigInt(size ?? 0) };
        });
      for (const each of printed) {
        const { path, mode, uid, gid, size } = row(each.path) ?? {};
        expect({ path, mode, uid, gid, size }).toEqual(each);
      }
      expect(lines.length > 0).toBe(test.arch === 'amd64');
      // The directories under the mounts are there as well.
      expect([row('/tmp', 'tmpfs')?.mode, row('/tmp/fifo1')?.mode, row('/dev/null', 'devtmpfs')?.mode]).toEqual([
        'drwxrwxrwt',
        'prw-------',
        'crw-rw-rw-',
      ]);
      expect(row('/tmp', 'rootfs')?.mode).toBe('drwxr-xr-x');
      // In the shared images that program was not allowed to write there.
      const own = row('/tmp/ready/user');
      expect([own?.uid, own?.gid]).toEqual(ready().includes('user') ? [1000, 1001] : [undefined, undefined]);
      expect(row('/bin/cat')?.target).toBe('/bin/busybox');
    });

    it('has the times of files that the guest made, between boot and the listing', () => {
      const end = BigInt(truth.date.getTime()) * 1_000_000n + 1_000_000_000n;
      const boot = end - BigInt(Math.ceil((truth.uptime + 2) * 1e9));
      const made = rows.filter(({ path }) => path?.startsWith('/tmp/ready/'));
      expect(made.map(({ path }) => path?.replace('/tmp/ready/', '')).sort()).toEqual(ready().sort());
      for (const { modifyTime, accessTime, changeTime, birthTime } of made) {
        for (const time of [modifyTime, accessTime, changeTime, birthTime]) {
          expect(time).toBeGreaterThan(boot);
          expect(time).toBeLessThan(end);
        }
      }
      // The program appended to it after it was made and never read it.
      const log = row('/tmp/reg2.log')!;
      expect(log.birthTime).toBeLessThanOrEqual(log.modifyTime!);
    });

    it('narrows to a path, to one inode, and to what has pages', async () => {
      const below = await wholeRows<CachedFile>(image, pagecache, { path: '/tmp/ready/' });
      expect(below.length).toBe(ready().length + 1);
      const one = await wholeRows<CachedFile>(image, pagecache, { inode: row('/tmp/reg1.txt')?.offset });
      expect(one.map(({ path }) => path)).toEqual(['/tmp/reg1.txt']);
      const cached = await wholeRows<CachedFile>(image, pagecache, { cached: true });
      expect(cached.length).toBe(rows.filter(({ cachedPages }) => cachedPages !== 0).length);
    });
  });
});
