/** Symbol files: small ones written here, real ones by other tools, broken ones. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlobCache } from '../../../src/profiles/cache/blob-cache.js';
import { compactJson } from '../../../src/profiles/isf/compact-json.js';
import { IsfDocument } from '../../../src/profiles/isf/isf-document.js';
import { isfProfile } from '../../../src/profiles/isf/isf-profile.js';
import { IsfSymbols } from '../../../src/profiles/isf/isf-symbols.js';
import { IsfTypeSource } from '../../../src/profiles/isf/isf-type-source.js';
import { readIsf } from '../../../src/profiles/isf/read-isf.js';

const INT = { kind: 'base', name: 'int' };

const FILE = {
  metadata: { format: '6.2.0', producer: { name: 'a test', version: '1' }, linux: { symbols: [], types: [] } },
  base_types: {
    int: { size: 4, signed: true, kind: 'int', endian: 'little' },
    char: { size: 1, signed: true, kind: 'char', endian: 'little' },
    pointer: { size: 8, signed: false, kind: 'int', endian: 'little' },
    void: { size: 0, signed: false, kind: 'void', endian: 'little' },
    'long unsigned int': { size: 8, signed: false, kind: 'int', endian: 'little' },
  },
  user_types: {
    list_head: {
      kind: 'struct',
      size: 16,
      fields: {
        next: { offset: 0, type: { kind: 'pointer', subtype: { kind: 'struct', name: 'list_head' } } },
        prev: { offset: 8, type: { kind: 'pointer', subtype: { kind: 'struct', name: 'list_head' } } },
      },
    },
    task: {
      kind: 'struct',
      size: 96,
      fields: {
        comm: { offset: 8, type: { kind: 'array', count: 16, subtype: { kind: 'base', name: 'char' } } },
        flag: { offset: 26, type: { kind: 'bitfield', bit_position: 3, bit_length: 2, type: INT } },
        state: { offset: 32, type: { kind: 'enum', name: 'state' } },
        run: { offset: 40, type: { kind: 'pointer', subtype: { kind: 'function' } } },
        unnamed_field_0: { offset: 48, anonymous: true, type: { kind: 'union', name: 'unnamed_1' } },
      },
    },
    unnamed_1: {
      kind: 'union',
      size: 16,
      fields: {
        both: { offset: 0, type: { kind: 'struct', name: 'list_head' } },
        // As in files of formats before 6.2: known by its name alone.
        unnamed_field_1: { offset: 8, type: { kind: 'struct', name: 'unnamed_2' } },
      },
    },
    unnamed_2: { kind: 'struct', size: 4, fields: { deep: { offset: 4, type: INT } } },
  },
  enums: { state: { size: 4, base: 'int', constants: { RUNNING: 0, DEAD: -1 } } },
  symbols: {
    _stext: { address: 0 },
    init_task: { address: 0, type: { kind: 'struct', name: 'task' } },
    percpu: { address: 4096 },
    linux_banner: { address: 0, constant_data: Buffer.from('Linux version 6.1.0 (x) #1\n\0').toString('base64') },
  },
};

/** Addresses that a double cannot hold, as digits. */
const TEXT = JSON.stringify(FILE, null, 2)
  .replace('"_stext": {\n      "address": 0', '"_stext": {\n      "address": 18446744071578845184')
  .replace('"init_task": {\n      "address": 0', '"init_task": {\n      "address": 18446744071605643585')
  .replace('"linux_banner": {\n      "address": 0', '"linux_banner": {\n      "address": 18446744071594000001');

const open = (text: string): IsfDocument => new IsfDocument('test.json', Buffer.from(text));

describe('a symbol file', () => {
  const types = new IsfTypeSource(open(TEXT));

  it('gives types, with the members of nameless ones in their place', () => {
    expect(types.pointerSize).toBe(8);
    const task = types.struct('task');
    const offsets = [...(task?.fields.values() ?? [])].map(({ name, offset }) => [name, offset]);
    expect(offsets).toEqual([
      ['comm', 8],
      // Bit 3 of the byte at 26 is bit 19 of the int at 24.
      ['flag', 24],
      ['state', 32],
      ['run', 40],
      ['both', 48],
      ['deep', 60],
    ]);
    expect(task?.fields.get('flag')?.type).toEqual({ kind: 'bitfield', size: 4, signed: true, position: 19, bits: 2 });
    expect(task?.fields.get('state')?.type).toEqual({ kind: 'enum', name: 'state', size: 4, signed: true });
    expect(task?.fields.get('run')?.type).toEqual({ kind: 'pointer', size: 8, target: { kind: 'function' } });
    expect(types.struct('unnamed_1')?.union).toBe(true);
    expect(types.struct('nothing')).toBeUndefined();
    expect([...types.structNames()]).toEqual(['list_head', 'task', 'unnamed_1', 'unnamed_2']);
    expect(types.enum('state')?.constants).toEqual(
      new Map([
        ['RUNNING', 0n],
        ['DEAD', -1n],
      ]),
    );
  });

  it('gives symbols to the last bit, moved by what KASLR added; absolute ones stay', () => {
    const symbols = new IsfSymbols(open(TEXT), 0x1000_0000n, 0xffff_ffff_8000_0000n);
    expect(symbols.address('init_task')).toBe(18446744071605643585n + 0x1000_0000n);
    expect(symbols.address('percpu')).toBe(4096n);
    expect(symbols.nearest(18446744071605643585n + 0x1000_0007n)).toEqual({
      symbol: { name: 'init_task', address: 18446744071605643585n + 0x1000_0000n },
      offset: 7,
    });
    expect([...symbols.symbols()].length).toBe(4);
  });

  it('says which build it is for', () => {
    const { banner, release, os } = isfProfile(open(TEXT));
    expect({ banner, release, os }).toEqual({ banner: 'Linux version 6.1.0 (x) #1', release: '6.1.0', os: 'linux' });
  });

  it('reads the same without white space', () => {
    const compact = compactJson(Buffer.from(TEXT)).toString();
    expect(compact).toBe(TEXT.replaceAll(/\n */g, '').replaceAll('": ', '":'));
    expect(new IsfTypeSource(open(compact)).struct('task')).toEqual(types.struct('task'));
    expect(compactJson(Buffer.from('{ "a \\" b" : "c \\\\" }')).toString()).toBe('{"a \\" b":"c \\\\"}');
  });
});

describe('a file that is no symbol file', () => {
  const message = (text: string, use: (document: IsfDocument) => unknown = () => undefined): string => {
    try {
      use(open(text));
    } catch (error) {
      return (error as Error).message;
    }
    return 'no error';
  };
  const task = (document: IsfDocument) => new IsfTypeSource(document).struct('task');

  it.each([
    ['empty', ''],
    ['text', 'hello'],
    ['cut off', TEXT.slice(0, -100)],
    ['cut off in a string', TEXT.slice(0, TEXT.indexOf('list_head') + 3)],
  ])('%s: is said to be no JSON', (_, text) => {
    expect(message(text)).toBe('test.json is no complete JSON object');
  });

  it('lacks a section', () => {
    expect(message('{"metadata": {"format": "6.2.0"}, "base_types": {}}')).toBe(
      'test.json is no symbol file (ISF): it has no "user_types"',
    );
  });

  it('has a format of another age', () => {
    expect(message(TEXT.replace('"6.2.0"', '"2.0.0"'))).toMatch(/^test.json: metadata at \/format must match pattern/);
  });

  it('has a type that the schema does not know: an error when it is asked for, not before', () => {
    const text = TEXT.replace('"kind": "array"', '"kind": "tensor"');
    expect(message(text)).toBe('no error');
    expect(message(text, task)).toMatch(/^test.json: user_types "task" at \/fields\/comm\/type/);
  });

  it('is broken inside of a record', () => {
    expect(message(TEXT.replace('"count": 16,', '"count": 16 16,'), task)).toBe(
      'test.json: user_types "task" is not JSON',
    );
  });

  it('nests without end', () => {
    const deep = `${'{"kind":"pointer","subtype":'.repeat(50_000)}{"kind":"function"}${'}'.repeat(50_000)}`;
    const text = TEXT.replace('"kind": "array",\n            "count": 16,', `"kind": "pointer", "x": ${deep},`);
    expect(message(text, task)).toBe('test.json: user_types "task" is nested too deeply');
  });

  it('with any bytes changed ends in an error in one line, or is read', () => {
    const whole = Buffer.from(TEXT);
    const place = fc.nat({ max: whole.length - 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 }), (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          const types = new IsfTypeSource(new IsfDocument('test.json', bytes));
          for (const name of types.structNames()) types.struct(name);
          for (const name of types.enumNames()) types.enum(name);
        } catch (error) {
          expect((error as Error).name).toBe('UserError');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a symbol file on disk', () => {
  let directory: string;
  const put = (name: string, bytes: string | Buffer): string => {
    const path = join(directory, name);
    writeFileSync(path, bytes);
    return path;
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'memlapse-isf-'));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('is told by its content: plain, gzip', () => {
    for (const path of [put('a.txt', TEXT), put('b.json', gzipSync(TEXT))])
      expect(readIsf(path).count('symbols')).toBe(4);
  });

  it.skipIf(!hasXz())('is told by its content: xz; a cut-off one is an error', () => {
    const path = put('a.json', TEXT);
    execFileSync('xz', ['--keep', path]);
    expect(readIsf(`${path}.xz`).count('user_types')).toBe(4);
    const packed = execFileSync('xz', ['--stdout', path]);
    const cut = put('cut.xz', packed.subarray(0, packed.length / 2));
    expect(() => readIsf(cut)).toThrow(/cut\.xz cannot be decompressed/);
  });

  it('is an error when it is not there, or damaged', () => {
    expect(() => readIsf(join(directory, 'none.json'))).toThrow(/cannot read .*: ENOENT/);
    const damaged = put('damaged.gz', gzipSync(TEXT).subarray(0, 50));
    expect(() => readIsf(damaged)).toThrow(/damaged\.gz cannot be decompressed/);
  });

  it('is remembered unpacked, until the file changes', () => {
    const cache = new BlobCache(join(directory, 'cache'));
    const path = put('a.json.gz', gzipSync(TEXT));
    expect(readIsf(path, cache).count('symbols')).toBe(4);
    expect(readIsf(path, cache).count('symbols')).toBe(4);
    writeFileSync(path, gzipSync(TEXT.replace('"percpu"', '"one": {"address": 1}, "percpu"')));
    expect(readIsf(path, cache).count('symbols')).toBe(5);
  });
});

function hasXz(): boolean {
  try {
    execFileSync('xz', ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
