import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Image } from '../../src/analysis/image.js';
import boottime from '../../src/analysis/linux/boottime.js';
import checkSyscall from '../../src/analysis/linux/check-syscall.js';
import cmdline from '../../src/analysis/linux/cmdline.js';
import envars from '../../src/analysis/linux/envars.js';
import handles from '../../src/analysis/linux/handles.js';
import iomem from '../../src/analysis/linux/iomem.js';
import maps from '../../src/analysis/linux/maps.js';
import modules from '../../src/analysis/linux/modules.js';
import mounts from '../../src/analysis/linux/mounts.js';
import pslist from '../../src/analysis/linux/pslist.js';
import threads from '../../src/analysis/linux/threads.js';
import type { Row } from '../../src/core/columns.js';
import { wholeRows } from '../analysis/test-kernels.js';
import { BufferMemory } from './buffer-memory.js';
import { GUEST } from './guest-truth.js';
import { linuxGuest } from './linux-guest.js';

/** The columns named of each row. */
const pick = (rows: readonly Row[], ...names: string[]) =>
  rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])));

const userProcesses = GUEST.processes.filter(({ kernelThread }) => kernelThread !== true);

describe.each([64, 32] as const)('the synthetic %i-bit guest', (bits) => {
  let image: Image;
  beforeAll(() => {
    image = new Image(`synthetic-${bits}`, new BufferMemory(linuxGuest(bits)), { cache: false });
  });
  afterAll(() => image.close());

  it('is found, with its banner and its paging', async () => {
    const { location, profile } = await image.requireLinux();
    expect([location.architecture, location.paging]).toEqual(bits === 64 ? ['amd64', '4-level'] : ['i386', 'PAE']);
    expect([profile.release, profile.banner]).toEqual([GUEST.release, GUEST.banner]);
  });

  it('has its processes', async () => {
    expect(
      pick(await wholeRows(image, pslist), 'pid', 'ppid', 'name', 'state', 'threads', 'uid', 'createTime'),
    ).toEqual(
      GUEST.processes.map(({ pid, ppid, name, uid, started, threads: others = [] }) => ({
        pid,
        ppid,
        name,
        state: 'S',
        threads: 1 + others.length,
        uid,
        createTime: BigInt(Math.round((GUEST.booted + started) * 10)) * 100_000_000n,
      })),
    );
  });

  it('has their threads', async () => {
    expect(pick(await wholeRows(image, threads), 'pid', 'tid', 'name')).toEqual(
      GUEST.processes.flatMap(({ pid, name, threads: others = [] }) => [
        { pid, tid: pid, name },
        ...others.map((tid) => ({ pid, tid, name: `${name}-${tid}` })),
      ]),
    );
  });

  it('has its modules', async () => {
    expect(pick(await wholeRows(image, modules), 'name', 'size', 'references', 'state', 'version')).toEqual(
      GUEST.modules.map((module) => ({ ...module, state: 'Live', version: '1.0' })),
    );
  });

  it('has the open files of each process', async () => {
    const rows = await wholeRows(image, handles);
    expect(pick(rows, 'pid', 'handle', 'type', 'access', 'name', 'deleted', 'inode', 'position')).toEqual(
      userProcesses.flatMap(({ pid, files = [] }) =>
        files.map(({ fd, path, inode, access, position, deleted = false }) => ({
          pid,
          handle: fd,
          type: 'file',
          access,
          name: deleted ? `${path} (deleted)` : path,
          deleted,
          inode: BigInt(inode),
          position: BigInt(position),
        })),
      ),
    );
  });

  it('has the memory areas of each process', async () => {
    expect(pick(await wholeRows(image, maps), 'pid', 'start', 'end', 'protection', 'path')).toEqual(
      userProcesses.flatMap(({ pid, areas = [] }) =>
        areas.map(({ start, pages, protection, path, stack }) => ({
          pid,
          start: BigInt(start),
          end: BigInt(start + pages * 4096),
          protection,
          path: path ?? (stack === true ? '[stack]' : '[heap]'),
        })),
      ),
    );
  });

  it('has arguments and environment, read from user memory', async () => {
    expect(pick(await wholeRows(image, cmdline), 'pid', 'argv', 'exe')).toEqual(
      GUEST.processes.map(({ pid, argv, exe }) => ({ pid, argv, exe })),
    );
    expect((await wholeRows(image, envars)).map(({ pid, name, value }) => [pid, `${name}=${value}`])).toEqual(
      userProcesses.flatMap(({ pid, environment = [] }) => environment.map((each) => [pid, each])),
    );
  });

  it('has its clock, its resources, its mount and its system calls', async () => {
    expect(pick(await wholeRows(image, boottime), 'bootTime')).toEqual([
      { bootTime: BigInt(GUEST.booted) * 1_000_000_000n },
    ]);
    expect(pick(await wholeRows(image, iomem), 'start', 'end', 'name')).toEqual(
      GUEST.resources.map(({ start, end, name }) => ({ start: BigInt(start), end: BigInt(end), name })),
    );
    expect(pick(await wholeRows(image, mounts), 'mountPoint', 'fsType', 'source')).toEqual([
      { mountPoint: '/', fsType: 'ext9', source: '/dev/sda1' },
    ]);
    expect(pick(await wholeRows(image, checkSyscall), 'index', 'name', 'suspicious')).toEqual(
      Array.from({ length: 16 }, (_, index) => ({ index, name: `call${index}`, suspicious: false })),
    );
  });
});
