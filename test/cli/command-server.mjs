/**
 * Runs command lines one after the other in one process, as bin/run.js runs one: what is tested is what they say, and starting a
 * process for each would take ten times as long. Takes words by messages, answers with what was written and the exit code.
 */
import { bundle } from '../../dist/launcher/load-bundle.js';

const ROOT = new URL('../../bin/run.js', import.meta.url).href;
const { main } = bundle();
// Each run listens for a reader that goes away, and for the end.
for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(0);

/** What `action` writes to a stream, in place of it. */
function captured(stream, texts) {
  const { write } = stream;
  stream.write = (chunk, encoding, done) => {
    texts.push(Buffer.from(chunk, typeof encoding === 'string' ? encoding : undefined));
    (typeof encoding === 'function' ? encoding : done)?.();
    return true;
  };
  return () => {
    stream.write = write;
  };
}

process.on('message', async (words) => {
  const [stdout, stderr] = [[], []];
  const release = [captured(process.stdout, stdout), captured(process.stderr, stderr)];
  process.argv = [process.argv[0], process.argv[1], ...words];
  process.exitCode = undefined;
  try {
    await main(ROOT);
  } finally {
    for (const each of release) each();
  }
  const code = process.exitCode ?? 0;
  process.send({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
});
process.send('ready');
