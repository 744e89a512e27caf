/** Kinds of files that no guest of ours has open, on structures made by hand. The others are judged by fdinfo. */
import { expect, it } from 'vitest';
import { fileDetails, socketText } from '../../../src/objects/linux/file-details.js';
import type { LinuxKernel } from '../../../src/objects/linux/kernel.js';
import { StructView } from '../../../src/objects/struct-view.js';
import { SyntheticMemory } from '../synthetic-memory.js';

const FILE = 0xffff_8880_0000_1000n;
const INODE = 0xffff_8880_0000_2000n;
const TARGET = 0xffff_8880_0000_3000n;

const LAYOUT = {
  file: { size: 232, fields: { private_data: [200, 'pointer'] } },
  inode: { size: 632, fields: { i_private: [624, 'pointer'] } },
  sigset_t: { size: 8, fields: { sig: [0, 'u64', 1] } },
  signalfd_ctx: { size: 8, fields: { sigmask: [0, 'sigset_t'] } },
  upid: { size: 16, fields: { nr: [0, 'u32'] } },
  pid: { size: 112, fields: { numbers: [96, 'upid', 1] } },
} as const;

function detailsOf(kind: string, memory: SyntheticMemory): string | undefined {
  const view = (type: string, at: bigint) => new StructView(memory, type, at);
  return fileDetails(memory as unknown as LinuxKernel, kind, view('file', FILE), view('inode', INODE));
}

it('shows the signals that a signalfd waits for', () => {
  const memory = new SyntheticMemory(LAYOUT);
  memory.put(FILE + 200n, TARGET);
  // SIGINT (2) and SIGTERM (15): fdinfo would print sigmask 0000000000004002.
  memory.put(TARGET, 0xffff_ffff_ffff_ffffn ^ 0x4002n);
  expect(detailsOf('signalfd', memory)).toBe('signals 0x4002');
});

it.each([
  ['the file', FILE + 200n],
  ['the inode, since 6.9', INODE + 624n],
])('shows the process of a pidfd that %s keeps', (_where, pointer) => {
  const memory = new SyntheticMemory(LAYOUT);
  memory.put(FILE + 200n, 0n);
  memory.put(INODE + 624n, 0n);
  memory.put(pointer, TARGET);
  memory.put(TARGET + 96n, 4321n, 4);
  expect(detailsOf('pidfd', memory)).toBe('pid 4321');
});

it('says nothing where the structures are not known', () => {
  const memory = new SyntheticMemory(LAYOUT);
  expect(detailsOf('timerfd', memory)).toBeUndefined();
  expect(detailsOf('file', memory)).toBeUndefined();
});

it('writes sockets in one line', () => {
  const common = { type: 'stream', inode: 1, uid: 0, interfaceIndex: 0, namespace: 0n };
  const text = (facts: object) => socketText({ ...common, protocol: 'tcp6', ...facts });
  expect(text({ local: { address: '::1', port: 8888 }, remote: { address: '::', port: 0 }, state: 'LISTEN' })).toBe(
    'tcp6 [::1]:8888 LISTEN',
  );
  expect(
    text({
      protocol: 'tcp',
      local: { address: '10.0.0.1', port: 5 },
      remote: { address: '10.0.0.2', port: 80 },
      state: 'SYN_SENT',
    }),
  ).toBe('tcp 10.0.0.1:5 -> 10.0.0.2:80 SYN_SENT');
  expect(text({ protocol: 'unix', local: {}, remote: { address: '@bus' }, state: 'ESTABLISHED' })).toBe(
    'unix -> @bus ESTABLISHED',
  );
});
