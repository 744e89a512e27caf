/**
 * Endpoints before NT 6.0. There is no image with any: ReactOS's tcpip.sys is another one, so that blocks as Windows 2003 and XP
 * have them are written into its image. They hold the reader to the published layouts, not these to the system.
 */
import { expect, it } from 'vitest';
import filescan from '../../../src/analysis/windows/filescan.js';
import netstat from '../../../src/analysis/windows/netstat.js';
import { PAGE_SIZE } from '../../../src/core/address.js';
import { WindowsKernel } from '../../../src/objects/windows/kernel.js';
import { KERNEL_SPACE } from '../../../src/objects/windows/kernel-windows.js';
import { oldEndpoints } from '../../../src/objects/windows/network/old-endpoints.js';
import { patchedMemory } from '../patched-memory.js';
import { onReactOS } from './on-reactos.js';

/** 2026-11-23T14:15:00Z in steps of 100 ns since 1601. */
const CREATED = 134_079_957_000_000_000n;
const CREATED_UNIX = (CREATED - 116_444_736_000_000_000n) * 100n;

/** A pool block of 0x180 bytes: the tag, then words and short ones at their offsets. */
function block(tag: string, fields: readonly (readonly [offset: number, bytes: number[]])[]): number[] {
  const bytes = new Array<number>(0x180).fill(0);
  bytes.splice(4, 4, ...Buffer.from(tag));
  for (const [offset, value] of fields) bytes.splice(8 + offset, value.length, ...value);
  return bytes;
}

const word = (value: number) => [
  ...Uint8Array.of(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24),
];
const wirePort = (value: number) => [value >> 8, value & 0xff];
const time = (value: bigint) => [...new Uint8Array(BigInt64Array.of(value).buffer)];

const BLOCKS = [
  // 2003 with a service pack: svchost listens on all addresses.
  block('TCPA', [
    [0x34, wirePort(135)],
    [0x36, [6, 0]],
    [0x14c, word(208)],
    [0x158, time(CREATED)],
  ]),
  // XP and 2003 as first published: a datagram socket of explorer.
  block('TCPA', [
    [0x2c, [10, 0, 2, 15]],
    [0x30, wirePort(1025)],
    [0x32, [17, 0]],
    [0x148, word(628)],
    [0x158, time(CREATED)],
  ]),
  block('TCPT', [
    [0xc, [192, 0, 2, 7]],
    [0x10, [10, 0, 2, 15]],
    [0x14, wirePort(80)],
    [0x16, wirePort(1026)],
    [0x18, word(628)],
  ]),
  // Freed and used again: an impossible process, a time long before there was NT.
  block('TCPT', [[0x18, word(0xdead)]]),
  block('TCPA', [
    [0x36, [6, 0]],
    [0x14c, word(208)],
    [0x158, time(1n)],
  ]),
];

onReactOS('network endpoints before NT 6.0', (opened) => {
  it('are read from blocks as Windows 2003 has them', () => {
    const { kernel, image } = opened();
    const { address, physical } = emptyPage(kernel);
    const patches = BLOCKS.map((bytes, index) => ({ physical: physical + index * 0x180, bytes }));
    const { location, profile, systemProcess } = kernel;
    const loaded = { location, profile, systemProcess: systemProcess.address };
    const changed = new WindowsKernel(patchedMemory(image.memory, patches), loaded);
    const found = [...oldEndpoints(changed)].map(({ owner, ...rest }) => ({
      ...rest,
      name: owner?.text('ImageFileName'),
    }));
    const none = { remoteAddress: undefined, remotePort: undefined, state: undefined };
    const at = (index: number) => address + BigInt(index * 0x180 + 8);
    expect(found).toEqual([
      {
        ...none,
        ...{ protocol: 'tcp', localAddress: '0.0.0.0', localPort: 135, pid: 208, name: 'svchost.exe' },
        ...{ created: CREATED_UNIX, offset: at(0) },
      },
      {
        ...none,
        ...{ protocol: 'udp', localAddress: '10.0.2.15', localPort: 1025, pid: 628, name: 'explorer.exe' },
        ...{ created: CREATED_UNIX, offset: at(1) },
      },
      {
        ...none,
        ...{ protocol: 'tcp', localAddress: '10.0.2.15', localPort: 1026, remoteAddress: '192.0.2.7', remotePort: 80 },
        ...{ pid: 628, name: 'explorer.exe', created: undefined, offset: at(2) },
      },
    ]);
  });

  it('are none of ReactOS, of whose network devices no file is open', async () => {
    const { rows } = opened();
    const devices = (await rows(filescan)).map(({ name }) => name?.split('\\').slice(0, 3).join('\\').toLowerCase());
    expect(devices).toContain('\\device\\afd');
    for (const device of ['tcp', 'udp', 'rawip']) expect(devices).not.toContain(`\\device\\${device}`);
    expect(await rows(netstat)).toEqual([]);
  });
});

/** A page of the kernel's address space that holds nothing. */
function emptyPage(kernel: WindowsKernel): { readonly address: bigint; readonly physical: number } {
  const { start, end } = KERNEL_SPACE[4];
  for (const { start: address, physical } of kernel.space.mappings(start, end)) {
    if (kernel.memory.page(physical / PAGE_SIZE)?.every((byte) => byte === 0)) return { address, physical };
  }
  throw new Error('no empty page');
}
