/**
 * Every descriptor of `ls -l /proc/PID/fd` and /proc/PID/fdinfo is a row with the same name, access, position, flags,
 * mount and inode, and every row is such a descriptor.
 *
 * Two processes differ, as they ran on after the listing: init, which printed it, and the `sleep` it started last.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image } from '../../../src/analysis/image.js';
import handles from '../../../src/analysis/linux/handles.js';
import type { Row } from '../../../src/core/columns.js';
import { O_CLOEXEC } from '../../../src/objects/linux/open-flags.js';
import type { GroundTruth } from '../../ground-truth/ground-truth.js';
import type { ProcessTruth } from '../../ground-truth/process-truth.js';
import { isLastSleep } from '../../ground-truth/standing-processes.js';
import { openTestImage, typedLinuxImages, wholeRows } from '../test-kernels.js';

type Handle = Row<typeof handles.columns>;

const found = typedLinuxImages();

interface Descriptor {
  pid: number;
  fd: number;
  name: string;
  access: string;
  position: number;
  flags: string;
  mountId: number;
  inode: number;
}

/** Open flags by the numbers of the C library (asm-generic/fcntl.h). */
const FLAGS = { O_APPEND: 0o2000, O_NONBLOCK: 0o4000, O_LARGEFILE: 0o100000, O_DIRECTORY: 0o200000 };
const ACCESS: Readonly<Record<string, number>> = { O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2 };

const octal = (names: readonly string[], closeOnExec: boolean | undefined) =>
  names
    .map((name) => ACCESS[name] ?? FLAGS[name as keyof typeof FLAGS] ?? Number.NaN)
    .reduce((sum, bit) => sum + bit, closeOnExec ? O_CLOEXEC : 0)
    .toString(8);

const fromRow = (row: Handle): Descriptor => ({
  pid: Number(row.pid),
  fd: Number(row.handle),
  name: row.name ?? '',
  access: row.access ?? '',
  position: Number(row.position),
  flags: octal(row.flags ?? [], row.closeOnExec),
  mountId: Number(row.mountId),
  inode: Number(row.inode),
});

/** The task list is in the order of creation, /proc in that of process ids. */
const inOrder = (a: Descriptor, b: Descriptor) => a.pid - b.pid || a.fd - b.fd;

/** The link's own permissions: `lr-x`, `l-wx`, `lrwx`. */
const accessOf = (mode: string) => mode.slice(1, 3).replaceAll('-', '');

const fromTruth = ({ pid, fds, fdinfo }: ProcessTruth): Descriptor[] =>
  (fds ?? []).map(({ fd, target, mode }) => {
    const info = fdinfo?.find((each) => each.fd === fd);
    return {
      pid,
      fd,
      name: target,
      access: accessOf(mode),
      position: info?.position ?? Number.NaN,
      flags: (info?.flags ?? 0).toString(8),
      mountId: info?.mountId ?? Number.NaN,
      inode: info?.inode ?? Number.NaN,
    };
  });

/**
 * Init's descriptors when the guest was stopped: the output of the listing (3, and 1 and 2 redirected to it) is closed and
 * what the shell had put aside (11, 12) is back; of its script (10) it has read everything.
 */
function initAtTheEnd(printed: readonly Descriptor[], scriptSize: number): Descriptor[] {
  const at = (fd: number) => printed.find((each) => each.fd === fd)!;
  const restored = (fd: number, aside: number) => ({
    ...at(aside),
    fd,
    flags: (Number.parseInt(at(aside).flags, 8) & ~O_CLOEXEC).toString(8),
  });
  return [at(0), restored(1, 11), restored(2, 12), { ...at(10), position: scriptSize }];
}

describe.skipIf(found.length === 0)('handles on real images (skipped when none is found)', () => {
  describe.each(found)('$name', (test) => {
    let image: Image;
    let truth: GroundTruth;
    let rows: Handle[];

    beforeAll(async () => {
      image = await openTestImage(test);
      truth = await test.truth();
      rows = await wholeRows<Handle>(image, handles);
    });
    afterAll(() => image.close());

    const lastSleep = () =>
      rows.filter((row) => isLastSleep(truth, { pid: Number(row.pid), ppid: 1, comm: row.process ?? '' }));

    it('equals /proc/PID/fd and fdinfo of every process', () => {
      const standing = new Set(truth.psFinal.map(({ pid }) => pid));
      const expected = [...truth.processes.values()]
        .filter(({ pid }) => pid !== 1 && standing.has(pid))
        .flatMap(fromTruth);
      const others = rows.filter((row) => row.pid !== 1 && !lastSleep().includes(row));
      expect(others.map(fromRow).sort(inOrder)).toEqual(expected);
      expect(expected.length).toBeGreaterThan(100);
    });

    it('shows init as it was left', () => {
      const script = rows.find((row) => row.pid === 1 && row.handle === 10);
      expect(script?.position).toBe(script?.size);
      const printed = fromTruth(truth.processes.get(1)!);
      const own = rows.filter((row) => row.pid === 1);
      expect(own.map(fromRow)).toEqual(initAtTheEnd(printed, Number(script?.size)));
    });

    it('shows the last sleep with what it inherited from init', () => {
      const inherited = rows.filter((row) => row.pid === 1 && Number(row.handle) < 3).map((row) => row.offset);
      expect(inherited.length).toBe(3);
      expect(lastSleep().map((row) => row.offset)).toEqual(inherited);
    });

    it('tells every kind apart', () => {
      const files = [...truth.processes.values()].find(({ cmdline }) => cmdline.join(' ') === '/bin/zoo files')!;
      const kinds = rows.filter((row) => row.pid === files.pid).map((row) => [row.handle, row.type, row.deleted]);
      expect(kinds).toEqual([
        [0, 'char device', false],
        [1, 'char device', false],
        [2, 'char device', false],
        [3, 'file', false],
        [4, 'file', false],
        [5, 'file', true],
        [6, 'pipe', false],
        [7, 'pipe', false],
        [8, 'fifo', false],
        [9, 'eventpoll', false],
        [10, 'eventfd', false],
        [11, 'timerfd', false],
        [12, 'inotify', false],
        [13, 'memfd', true],
        [14, 'char device', false],
        [15, 'char device', false],
        [16, 'directory', false],
        [100, 'file', false],
      ]);
      const details = Object.fromEntries(
        rows.filter((row) => row.pid === files.pid).map((row) => [row.handle, row.details]),
      );
      expect(details[0]).toBe('device 1:3');
      // As fdinfo prints them: eventfd-count, tfd and events, clockid and ticks, wd, ino and mask of the watched /tmp.
      expect(details[10]).toBe('count 5');
      expect(details[9]).toBe('watches fd 10 (events 0x19)');
      expect(details[11]).toBe('clock 1, ticks 0');
      expect(details[12]).toMatch(/^watches 1 \(inode 1 on 0:\d+, mask 0x100\)$/);
    });

    it('joins the ends of pipes and sockets', () => {
      const process = (comm: string, fds: number) =>
        [...truth.processes.values()].find((each) => each.comm === comm && (each.fds?.length ?? 0) > fds)!.pid;
      const files = [...truth.processes.values()].find(({ cmdline }) => cmdline[1] === 'files')!.pid;
      const net = [...truth.processes.values()].find(
        ({ cmdline, comm }) => cmdline[1] === 'net' && comm === 'zoo',
      )!.pid;
      const client = process('netclient', 0);
      const peers = (pid: number, fd: number) => rows.find((row) => row.pid === pid && row.handle === fd)?.peers;
      expect(peers(files, 6)).toEqual([`${files}/7`]);
      expect(peers(files, 7)).toEqual([`${files}/6`]);
      expect(peers(net, 14)).toEqual([`${client}/3`]);
      expect(peers(client, 4)).toEqual([`${net}/15`]);
      expect(peers(net, 16)).toEqual([`${client}/5`]);
      expect(peers(net, 3)).toBeUndefined();
    });
  });
});
