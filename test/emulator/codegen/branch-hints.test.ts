/**
 * The section of branch hints as its specification has it: function indices count imports, and places count from the
 * declaration of the locals and must be those of `if` or `br_if`. V8 skips a section that is wrong, silently.
 */
import { describe, expect, it } from 'vitest';
import { OpBuilder } from '../../../src/emulator/codegen/op-builder.js';
import { WasmModule } from '../../../src/emulator/codegen/wasm-module.js';

class Hinted extends OpBuilder {
  constructor(module: WasmModule) {
    super(module, ['i32']);
  }

  /** Locals of two types, a likely `if` with an `else`, and a rare one that calls the import. */
  write(): void {
    const value = this.get({ type: 'i32', index: 0 });
    const wide = this.variable('i64');
    const narrow = this.variable('i32');
    this.set(wide, this.widen(value));
    this.emit(this.eqz(value));
    this.expect(true);
    const label = this.open(0x04);
    this.set(narrow, this.i32(300));
    this.else();
    this.branch(label);
    this.close();
    this.ifRarely(value, () => void this.call('imported', { params: [], results: [] }, []));
    this.emit(this.get(narrow));
    this.finish('run', ['i32']);
  }
}

/** A reader of LEB128 numbers. */
function reader(bytes: Uint8Array, start = 0) {
  let at = start;
  return {
    at: () => at,
    number: (): number => {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++] as number;
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    },
  };
}

function sections(bytes: Uint8Array): { id: number; body: Uint8Array }[] {
  const found: { id: number; body: Uint8Array }[] = [];
  for (let at = 8; at < bytes.length; ) {
    const { at: here, number } = reader(bytes, at + 1);
    const length = number();
    found.push({ id: bytes[at] as number, body: bytes.subarray(here(), here() + length) });
    at = here() + length;
  }
  return found;
}

describe('branch hints', () => {
  it('name the opcodes they are about', () => {
    const module = new WasmModule();
    new Hinted(module).write();
    const bytes = module.finish();
    const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(bytes), 'metadata.code.branch_hint');
    const hints = new Uint8Array(section as ArrayBuffer);
    const { number, at } = reader(hints);
    expect([number(), number(), number()]).toEqual([1, 1, 2]); // one function, number 1 behind the import, two hints
    const ids = sections(bytes).map(({ id }) => id);
    expect(ids.indexOf(0)).toBeLessThan(ids.indexOf(10));
    const code = sections(bytes).find(({ id }) => id === 10)?.body as Uint8Array;
    const body = reader(code, 1);
    body.number();
    const found = [0, 1].map(() => {
      const opcode = code[body.at() + number()];
      return [opcode, number(), number()];
    });
    expect(found).toEqual([
      [0x04, 1, 1],
      [0x04, 1, 0],
    ]);
    expect(at()).toBe(hints.length);
  });
});
