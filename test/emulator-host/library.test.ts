/** The emulator as other packages get it, by the package's own name: what was built, handlers made ahead included. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { ensureBuilt } from '../cli/run-cli.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * A multiboot kernel of 48 bytes that loads itself to 100000h (Multiboot specification 0.6.96, 3.1.3: flag 16, addresses in
 * the header), prints "hi" on COM1 and halts for good.
 */
const PROGRAM = `
import { loadKernelDecompressors, Machine, planBoot, preparedHandlers } from 'memlapse/emulator';
const kernel = new Uint8Array(48);
const header = new DataView(kernel.buffer);
const [magic, flags, base] = [0x1badb002, 0x10000, 0x100000];
[magic, flags, -(magic + flags), base, base, base + 48, base + 48, base + 32].forEach((word, i) => header.setInt32(4 * i, word, true));
kernel.set([0x66, 0xba, 0xf8, 0x03, 0xb0, 0x68, 0xee, 0xb0, 0x69, 0xee, 0xfa, 0xf4], 32);
let text = '';
const machine = new Machine(
  { ramBytes: 16 * 2 ** 20, handlers: preparedHandlers },
  { serial: (port, byte) => (text += port + String.fromCharCode(byte)) },
);
const request = { kernel, commandLine: '', ramBytes: machine.ramBytes, rsdp: machine.rsdp };
machine.boot(planBoot(request, await loadKernelDecompressors(undefined, kernel)));
const parts = ['general64', 'floating64', 'general32', 'floating32'].map((part) => preparedHandlers(part) instanceof WebAssembly.Module);
const ports = [];
const subscription = machine.events.subscribe({ kind: 'port-write' }, (events) => {
  for (const { icount, port, value } of events) ports.push([icount, port, Number(value)]);
});
const outcome = machine.run();
subscription.close();
console.log(JSON.stringify({ outcome, text, icount: machine.icount, ports, parts }));
`;

beforeAll(ensureBuilt);

test('boots a kernel, shows its events, and says how it ended', () => {
  // Settings of Node that the test runner was given are not the program's.
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    cwd: ROOT,
    env: { PATH: process.env.PATH },
    encoding: 'utf8',
  });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({
    outcome: { kind: 'halted' },
    text: '0h0i',
    icount: 7,
    ports: [
      [2, 0x3f8, 0x68],
      [4, 0x3f8, 0x69],
    ],
    parts: [true, true, true, true],
  });
});
