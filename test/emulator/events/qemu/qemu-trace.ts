/** Runs a kernel in QEMU with the tracing plugin and reads its log. Knows nothing of the emulator. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessTexts, type Item, type Step } from './stream.js';

const QEMU = 'qemu-system-x86_64';
/** Where the kernel is loaded, and its first instruction; as in kernel.S. */
const LOADED_AT = '0x100000';
const ENTRY = '0x100040';
/** What `out` to the exit port with 0 in AL makes of the exit code. */
const EXITED = 1;
const DEBUG = 1;

const source = (name: string): string => new URL(name, import.meta.url).pathname;

function succeeds(command: string, args: readonly string[]): boolean {
  const { error, status } = spawnSync(command, args, { stdio: 'ignore' });
  return error === undefined && status === 0;
}

/** The kernel as a flat file in `folder`; undefined where there is no compiler. */
export function assembleKernel(folder: string): string | undefined {
  const [object, kernel] = [join(folder, 'kernel.o'), join(folder, 'kernel')];
  const assembled = succeeds('gcc', ['-c', source('kernel.S'), '-o', object]);
  const link = ['-e', ENTRY, `-Ttext=${LOADED_AT}`, '--oformat=binary', '-o', kernel, object];
  return assembled && succeeds('ld', link) ? kernel : undefined;
}

export function hasQemu(): boolean {
  return succeeds(QEMU, ['--version']);
}

/** What QEMU says the kernel did. Throws when it did not run to its end. */
export function traceInQemu(kernel: string, folder: string): Item[] {
  const [plugin, log] = [join(folder, 'trace.so'), join(folder, 'log')];
  if (!succeeds('gcc', ['-shared', '-fPIC', '-O2', source('trace-plugin.c'), '-o', plugin])) {
    throw new Error('trace-plugin.c could not be compiled');
  }
  const args = [
    ...['-accel', 'tcg', '-cpu', 'max', '-m', '32M', '-display', 'none', '-nodefaults', '-no-reboot'],
    ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=4', '-kernel', kernel],
    ...['-plugin', `file=${plugin},entry=${ENTRY}`, '-d', 'int,plugin', '-D', log],
  ];
  const { status, stderr } = spawnSync(QEMU, args, { encoding: 'utf8' });
  if (status !== EXITED) throw new Error(`QEMU ended with ${status}: ${stderr}`);
  return readLog(readFileSync(log, 'utf8'));
}

/** The log from the first instruction on; 'v=' lines before it are the firmware's. */
function readLog(text: string): Item[] {
  const items: Item[] = [];
  let last: Step | undefined;
  let isDelivering = false;
  for (const line of text.split('\n')) {
    const [word = '', first = '', second = '', third = ''] = line.split(' ');
    if (word === 'I') {
      const address = BigInt(`0x${first}`);
      isDelivering = false;
      // QEMU comes back to a repeated string instruction for each iteration.
      if (last?.address === address && items.at(-1) === last) continue;
      last = { kind: 'step', address, length: Number(second), accesses: [], isImplicit: false, to: undefined };
      items.push(last);
    } else if (last !== undefined && !isDelivering && (word === 'R' || word === 'W')) {
      const access = accessTexts(word, BigInt(`0x${first}`), Number(second), Number.parseInt(third, 16));
      last.accesses.push(...access);
    } else {
      const found = /^ *\d+: v=(..) e=(....) i=(.) .*? pc=([0-9a-f]+).*?(?:CR2=([0-9a-f]+))?$/.exec(line);
      if (found === null || last === undefined) continue;
      const [, vector = '', error = '', software, , cr2] = found;
      isDelivering = true;
      items.push({
        kind: 'delivery',
        vector: Number.parseInt(vector, 16),
        isSoftware: software === '1',
        errorCode: Number.parseInt(error, 16),
        faultAddress: BigInt(`0x${cr2 ?? '0'}`),
      });
    }
  }
  return withoutFaulted(items);
}

/** An instruction that faults has no accesses in our events: what it did before is not kept. */
function withoutFaulted(items: Item[]): Item[] {
  items.forEach((item, i) => {
    const next = items[i + 1];
    if (item.kind !== 'step' || next?.kind !== 'delivery' || next.isSoftware || next.vector === DEBUG) return;
    item.accesses = [];
  });
  return items;
}
