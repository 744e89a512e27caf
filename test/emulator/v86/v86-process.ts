/**
 * v86 as a process of its own, because it ends with a panic where it meets what it does not implement: the kernel comes on
 * standard input, what it left goes to standard output.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MEMORY, readEnded, serialize } from './run-program.js';

const MOST_MILLISECONDS = 60_000;

interface V86Machine {
  add_listener(event: string, listener: () => void): void;
  run(): void;
  stop(): Promise<void>;
  destroy(): Promise<void>;
  read_memory(address: number, length: number): Uint8Array;
}

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const kernel = Buffer.concat(chunks);

const { V86 } = (await import('v86')) as unknown as { V86: new (options: object) => V86Machine };
const machine = new V86({
  wasm_path: join(dirname(fileURLToPath(import.meta.resolve('v86'))), 'v86.wasm'),
  memory_size: MEMORY,
  multiboot: { buffer: kernel.buffer.slice(kernel.byteOffset, kernel.byteOffset + kernel.byteLength) },
  autostart: false,
  disable_speaker: true,
  log_level: 0,
});
await new Promise<void>((resolve) => machine.add_listener('emulator-ready', resolve));
machine.run();
const memory = (address: number, length: number): Uint8Array => machine.read_memory(address, length);
const until = performance.now() + MOST_MILLISECONDS;
while (!readEnded(memory).done && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
await machine.stop();
process.stdout.write(serialize(readEnded(memory)), () => process.exit(0));
