/** DWARF as gcc writes it, in every version, with the compiled program's own words as the judge; then damaged. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DwarfFile } from '../../../src/formats/dwarf/dwarf-file.js';
import { bufferSource } from '../../../src/formats/sources/buffer-source.js';
import { readDwarfTypes } from '../../../src/profiles/dwarf/dwarf-types.js';
import { canCompile, withCompiled } from '../compiled-types.js';
import { judgeTypes } from '../compiled-types-judge.js';

const WAYS: readonly (readonly [label: string, options: readonly string[]])[] = [
  ['version 5', ['-gdwarf-5']],
  ['version 4', ['-gdwarf-4']],
  ['version 3', ['-gdwarf-3', '-gstrict-dwarf']],
  ['version 2', ['-gdwarf-2', '-gstrict-dwarf']],
  ['64-bit offsets', ['-gdwarf-5', '-gdwarf64']],
  ['compressed sections', ['-gdwarf-5', '-gz=zlib']],
  ['a 32-bit program', ['-gdwarf-5', '-m32']],
];

const read = (path: string) => readDwarfTypes(DwarfFile.open(bufferSource(readFileSync(path)))!);

describe.each(WAYS.map(([label, options]) => ({ label, options })))('DWARF, $label', ({ options }) => {
  it.skipIf(!canCompile(options))('has the layout that the compiler used', () => {
    withCompiled(options, (executable, facts) => judgeTypes(read(executable), facts));
  });
});

describe.skipIf(!canCompile(['-gdwarf-5']))('damaged DWARF', () => {
  it('ends in fewer or other types, never in an exception', () => {
    const whole = withCompiled(['-gdwarf-5'], (executable) => readFileSync(executable));
    const elf = DwarfFile.open(bufferSource(whole))!.elf;
    const sections = ['.debug_info', '.debug_abbrev', '.debug_str'].map((name) => elf.section(name)!);
    const place = fc.oneof(...sections.map(({ offset, size }) => fc.integer({ min: offset, max: offset + size - 1 })));
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat({ max: 255 })), { minLength: 1, maxLength: 16 }), (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        const types = readDwarfTypes(DwarfFile.open(bufferSource(bytes))!);
        for (const name of types.structNames()) expect(types.struct(name)?.name).toBe(name);
      }),
      { numRuns: 1000 },
    );
  });

  it('cut off anywhere is read as far as it goes', () => {
    const whole = withCompiled(['-gdwarf-5'], (executable) => readFileSync(executable));
    for (let length = 0; length < whole.length; length += 97) {
      const file = DwarfFile.open(bufferSource(whole.subarray(0, length)));
      if (file !== undefined) expect([...readDwarfTypes(file).structNames()].length).toBeLessThan(100);
    }
  });
});
