/** Verifies the store in FOLDER and says what it found: `whole`, `damaged`, or why it cannot be told. */
import { UserError } from '../../src/core/errors.js';
import { openStore } from '../../src/snapshots/store.js';
import { verifyStore } from '../../src/snapshots/verify-store.js';
import { noise, PAGE } from './noise.js';

const TEXT = Buffer.alloc(PAGE, 'text');
try {
  const store = openStore(process.argv[2] ?? '');
  const { damage, snapshots } = verifyStore(store);
  if (snapshots === 1 && damage.length === 0) {
    const memory = store.openMemory('a', 1);
    const expected = noise(64 * PAGE, 1);
    for (let frame = 0; frame < 128; frame++) {
      const wanted = frame < 64 ? expected.subarray(frame * PAGE, (frame + 1) * PAGE) : TEXT;
      if (!wanted.equals(memory.page(frame) ?? Buffer.alloc(0))) process.stdout.write(`WRONG ${frame}\n`);
    }
    memory.close();
  }
  process.stdout.write(`${snapshots === 1 && damage.length === 0 ? 'whole' : 'damaged'}\n`);
  await store.close();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stdout.write(`${error.message.replace(process.argv[2] ?? '', '')}\n`);
}
