/** Who observes nothing pays nothing: the code that is generated is the same to the byte, before and after somebody did. */
import { afterEach, expect, test } from 'vitest';
import type { MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import { EVENT_KINDS } from '../../../src/emulator/events/event-kinds.js';
import { bareProcessor, CODE, enterLong, load } from '../support/bare-processor.js';
import { registers } from '../support/random-loop.js';

const { Module } = WebAssembly;
afterEach(() => {
  WebAssembly.Module = Module;
});

/** Everything that is compiled while `body` runs. */
function compiledIn(body: () => void): string[] {
  const modules: string[] = [];
  WebAssembly.Module = new Proxy(Module, {
    construct: (target, [bytes]: [Uint8Array<ArrayBuffer>]) => {
      modules.push(Buffer.from(bytes).toString('hex'));
      return new target(bytes);
    },
  });
  body();
  WebAssembly.Module = Module;
  return modules;
}

function prepared(): MemlapseProcessor {
  const { cpu } = bareProcessor({ hot: 2 });
  enterLong(cpu);
  registers(cpu, 1);
  // L: mov rax, [rbx]; add [rbx+16], rax; push rax; pop rdx; call +0; pop rsi; dec r15; jne L; hlt
  load(cpu, CODE, '48 8b 03 48 01 43 10 50 5a e8 00 00 00 00 5e 49 ff cf 75 ec f4');
  return cpu;
}

test('generated code without subscriptions', () => {
  // Handlers are compiled once a process: by this one.
  prepared().run(1000);
  const [never, closed, watched] = [prepared(), prepared(), prepared()];
  closed.events.subscribe({ kind: EVENT_KINDS }).close();
  watched.events.subscribe({ kind: EVENT_KINDS });
  const [plain = [], afterwards, instrumented = []] = [never, closed, watched].map((cpu) =>
    compiledIn(() => cpu.run(1000)),
  );
  expect(plain.length).toBeGreaterThan(0);
  expect(afterwards).toEqual(plain);
  // The comparison can fail.
  expect(instrumented.at(-1)).not.toBe(plain.at(-1));
});
