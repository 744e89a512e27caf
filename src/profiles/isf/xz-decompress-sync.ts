/**
 * XZ decompression that blocks: the library only offers a stream, and a profile is loaded from code that cannot wait.
 *
 * The stream runs in a worker thread while this one sleeps. For symbol files (once; afterwards the cache answers), not
 * for images.
 */
import { createRequire } from 'node:module';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { UserError } from '../../core/errors.js';

/** Larger than any symbol file (34 MB for a whole kernel); stops decompression bombs. */
const MAX_OUTPUT = 1024 * 1024 * 1024;

/** The worker's source is text, so that it runs the same from `src` and from `dist`. */
const WORKER = `
const { workerData: { input, limit, library, port, signal } } = require('node:worker_threads');
const { XzReadableStream } = require(library);
(async () => {
  const source = new ReadableStream({ start(controller) { controller.enqueue(input); controller.close(); } });
  try {
    const chunks = [];
    let size = 0;
    for await (const chunk of new XzReadableStream(source)) {
      size += chunk.length;
      if (size > limit) throw new Error('the data is too large');
      chunks.push(chunk.slice());
    }
    const output = new Uint8Array(size);
    for (let at = 0, i = 0; i < chunks.length; at += chunks[i++].length) output.set(chunks[i], at);
    port.postMessage({ output }, [output.buffer]);
  } catch (error) {
    port.postMessage({ error: String(error.message) });
  }
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
})();
`;

/** The data in the XZ file `input`, which messages call `name`. Throws `UserError` when it is damaged. */
export function xzDecompressSync(name: string, input: Uint8Array): Buffer {
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel();
  const library = createRequire(import.meta.url).resolve('xz-decompress');
  const worker = new Worker(WORKER, {
    eval: true,
    workerData: { input, limit: MAX_OUTPUT, library, port: port2, signal },
    transferList: [port2],
  });
  try {
    Atomics.wait(signal, 0, 0);
    const message = receiveMessageOnPort(port1)?.message as { output?: Uint8Array; error?: string } | undefined;
    if (message?.output === undefined) {
      throw new UserError(
        `${name} cannot be decompressed: ${message?.error ?? 'no data'}`,
        'check it with `xz --test`',
      );
    }
    return Buffer.from(message.output.buffer);
  } finally {
    port1.close();
    void worker.terminate();
  }
}
