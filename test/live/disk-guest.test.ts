/**
 * A Debian guest with a virtio disk: what it writes is its own and the image stays as it is; two continuations of a snapshot
 * read and write the same and are the same machine.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseSerialScript } from '../../src/emulator-host/serial-script.js';
import type { GuestFile } from '../../src/guests/guest-file.js';
import { type GuestSource, LiveSession } from '../../src/live/live-session.js';
import { openStore } from '../../src/snapshots/store.js';
import { verifyStore } from '../../src/snapshots/verify-store.js';
import { noise } from '../snapshots/noise.js';
import { debianKernel, initialRoot, modulesInOrder } from '../support/debian-kernel.js';

const PATIENCE = 900_000;
const SECTOR = 512;
const DISK = noise(1024 * 1024, 5);
/** Where the guest writes a line, before the snapshot and behind it: sectors. */
const WRITES = [
  { sector: 100, text: 'written before' },
  { sector: 777, text: 'written behind' },
] as const;

const write = ({ sector, text }: (typeof WRITES)[number]) =>
  `echo '${text}' | dd of=/dev/vda bs=${SECTOR} seek=${sector} conv=sync,notrunc 2>/dev/null; sync`;
const init = (modules: Iterable<string>) => `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
exec </dev/ttyS0 >/dev/ttyS0 2>&1
for each in ${[...modules].join(' ')}; do insmod /$each; done
echo "=DISK $(md5sum </dev/vda)="
${write(WRITES[0])}
echo "=WROTE="
read go
${write(WRITES[1])}
echo 3 >/proc/sys/vm/drop_caches
echo "=DISK $(md5sum </dev/vda)="
read go
`;

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
/** What the guest has to see: the image with its writes over it. */
const written = Buffer.from(DISK);
for (const { sector, text } of WRITES) {
  written.fill(0, sector * SECTOR, (sector + 1) * SECTOR);
  written.write(`${text}\n`, sector * SECTOR);
}

const kernel = debianKernel('amd64');
describe.skipIf(kernel === undefined)('a guest with a disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'memlapse-disk-'));
  const store = openStore(join(folder, 'store'), { create: true });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(source: GuestSource, series: string, until: string, script = '') {
    let printed = '';
    const session = await LiveSession.open(
      store,
      source,
      {
        series,
        speed: 'max',
        schedule: { timed: [], events: [{ label: until, event: 'console', argument: until }] },
        script: parseSerialScript(script),
      },
      {
        output: (bytes) => {
          printed += Buffer.from(bytes).toString('latin1');
          if (printed.includes(until)) session.run.stop('there', { snapshot: false });
        },
        snapshot: () => {},
        remark: () => {},
      },
    );
    expect(await session.toEnd(), printed).toEqual({ kind: 'stopped', by: 'there' });
    return { sum: /=DISK ([0-9a-f]{32})/.exec(printed)?.[1] ?? printed, hash: session.stateHash() };
  }

  test(
    'writes over the image and not into it, and goes on from a snapshot as the same machine',
    async () => {
      if (kernel === undefined) return;
      const disk = join(folder, 'disk.img');
      writeFileSync(disk, DISK);
      const initrd = join(folder, 'initrd.gz');
      const modules = modulesInOrder(kernel, ['virtio_pci', 'virtio_blk']);
      writeFileSync(initrd, initialRoot(kernel, init(modules.keys()), Object.fromEntries(modules)));
      const append = 'console=ttyS0 panic=-1 quiet';
      const memory = 128 * 1024 * 1024;
      const guest: GuestFile = { name: 'd', kernel: kernel.vmlinuz, initrd, disks: [disk], append, memory, cpu: 64 };

      const first = await run({ guest }, 'disk', '=WROTE=');
      expect(first.sum).toBe(md5(DISK));
      const from = { series: 'disk', number: 1 };
      const again = await run(from, 'again', '-=', 'send go\\n');
      const once = await run(from, 'once', '-=', 'send go\\n');
      expect([again.sum, once.sum]).toEqual([md5(written), md5(written)]);
      expect(once.hash).toBe(again.hash);
      expect(md5(readFileSync(disk))).toBe(md5(DISK));
      expect(verifyStore(store).damage).toEqual([]);

      // An image that is another one now is not gone on with.
      writeFileSync(disk, written);
      await expect(run(from, 'late', '-=')).rejects.toThrow(`the disk ${disk} has changed since disk@1`);
    },
    PATIENCE,
  );
});
