/** The self-test as a guest: Debian's kernel, busybox, and `self-test.c` built static for it, as bootable files. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../../src/core/errors.js';
import { debianKernel, type Flavour, initialRoot } from '../../support/debian-kernel.js';
import { hasDebianTool } from '../../support/debian-tool.js';

const SOURCE = new URL('self-test.c', import.meta.url).pathname;

/** `/init` leaves a shell on the first serial port: what runs in it is typed there. */
const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp PS1='guest# '
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmp /tmp
exec setsid sh -c 'exec sh -i </dev/ttyS0 >/dev/ttyS0 2>&1'
`;

/** What is typed and what is waited for, in order; both sides of the comparison follow it. */
export const DIALOGUE: readonly { readonly expect: string; readonly send: string }[] = [
  { expect: 'guest# ', send: 'stty -echo; uname -r\n' },
  { expect: 'guest# ', send: '/bin/self-test /dummy.ko\n' },
  { expect: 'SELFTEST-DONE', send: 'poweroff -f\n' },
];

export interface SelfTestGuest {
  readonly kernel: string;
  readonly initrd: string;
  readonly cpu: 64 | 32;
  readonly append: string;
}

function compiled(flavour: Flavour, target: string): Uint8Array {
  const words = flavour === 'amd64' ? '-m64' : '-m32';
  const args = [words, '-O1', '-Wall', '-static', '-pthread', '-o', target, SOURCE, '-lm'];
  const compile = (): string => {
    const { status, stderr } = spawnSync('gcc', args, { encoding: 'utf8' });
    return status === 0 ? '' : `${stderr}`;
  };
  let failure = hasDebianTool('gcc', 'gcc') ? compile() : 'there is no gcc';
  if (failure !== '' && process.getuid?.() === 0) {
    spawnSync('apt-get', ['install', '-qq', '-y', 'gcc', 'libc6-dev', 'gcc-multilib'], { stdio: 'ignore' });
    failure = compile();
  }
  if (failure !== '') throw new UserError(`the self-test does not build: ${failure}`, 'install gcc and gcc-multilib');
  return readFileSync(target);
}

/** Builds the guest in `folder`. @throws UserError when the compiler cannot; undefined when apt has no kernel. */
export function selfTestGuest(flavour: Flavour, folder: string): SelfTestGuest | undefined {
  const kernel = debianKernel(flavour);
  if (kernel === undefined) return undefined;
  mkdirSync(folder, { recursive: true });
  const program = compiled(flavour, join(folder, 'self-test'));
  const initrd = join(folder, 'initrd.gz');
  writeFileSync(initrd, initialRoot(kernel, INIT, { 'bin/self-test': program, 'dummy.ko': kernel.module('dummy') }));
  return { kernel: kernel.vmlinuz, initrd, cpu: flavour === 'amd64' ? 64 : 32, append: 'console=ttyS0 panic=-1' };
}
