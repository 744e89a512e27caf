/**
 * The types that images bring themselves (BTF) or that are shipped for them, against what dwarf2json made of the same
 * kernel's DWARF.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMemory } from '../../../src/formats/open-image.js';
import type { PhysicalMemory } from '../../../src/memory/physical-memory.js';
import { BtfTypeSource } from '../../../src/profiles/btf/btf-type-source.js';
import { isfProfile } from '../../../src/profiles/isf/isf-profile.js';
import { IsfTypeSource } from '../../../src/profiles/isf/isf-type-source.js';
import { readIsf } from '../../../src/profiles/isf/read-isf.js';
import { type LoadedLinuxProfile, loadLinuxProfile } from '../../../src/profiles/linux/load-profile.js';
import type { TypeSource } from '../../../src/profiles/types.js';
import { linuxImages } from '../../ground-truth/images.js';
import { layoutDifferences } from '../same-layout.js';

/** Images of one kernel have the same types; the first of each will do. */
const kernels = new Map(
  linuxImages()
    .filter(({ files }) => files.includes('symbols.json'))
    .map((image) => [image.name.replace(/^linux-|-(la57|nokaslr|pti|vmcoreinfo|4g)$/g, ''), image]),
);

describe.skipIf(kernels.size === 0)('types that kernels bring', () => {
  describe.each([...kernels])('%s', (_, image) => {
    let memory: PhysicalMemory;
    let loaded: LoadedLinuxProfile;
    let judge: TypeSource;
    /** The kernel proper: symbol files know nothing of modules. */
    let types: TypeSource;

    beforeAll(async () => {
      memory = await openMemory(await image.path());
      loaded = loadLinuxProfile(memory, { cache: false })!;
      types = loaded.btf === undefined ? loaded.profile.types : new BtfTypeSource(loaded.btf, 8);
      judge = new IsfTypeSource(readIsf(await image.file('symbols.json')));
    });

    afterAll(() => memory.close());

    it('are those of the DWARF, except where the kernel has several structures of one name', () => {
      const names = [...types.structNames()].filter((name) => !name.startsWith('unnamed_'));
      const ambiguous = definedTwice(loaded);
      const differing = names.filter((name) => layoutDifferences(types, judge, name, ambiguous).length > 0);
      expect(differing.filter((name) => !ambiguous.has(name))).toEqual([]);
      expect(names.length).toBeGreaterThan(image.arch === 'amd64' ? 7000 : 700);
    });

    it('are counted as the kernel’s documentation of this image says', () => {
      if (loaded.location.release !== '6.1.0-50-amd64') return;
      expect(loaded.btf?.typeCount).toBe(100_642);
      expect([...types.structNames()].length).toBe(7_898);
    });

    it('come with symbols at the addresses that the symbol file has, moved by KASLR', async () => {
      const { symbols } = isfProfile(readIsf(await image.file('symbols.json')));
      const { profile, location } = loaded;
      const shift = location.textStart - symbols.address('_stext')!;
      const wanted = ['init_task', 'init_mm', 'modules', 'super_blocks', 'prb', 'socket_file_ops', 'iomem_resource'];
      const wrong = wanted.filter((name) => profile.symbols.address(name) !== symbols.address(name)! + shift);
      expect(wrong).toEqual([]);
    });
  });
});

/** Names of structures of which BTF holds several definitions: source files are free to have their own `struct slot`. */
function definedTwice({ btf }: LoadedLinuxProfile): Set<string> {
  const once = new Set<string>();
  const twice = new Set<string>();
  if (btf === undefined) return twice;
  const [struct, union] = [4, 5];
  for (let id = btf.firstId; id < btf.endId; id++) {
    if (btf.kind(id) !== struct && btf.kind(id) !== union) continue;
    const name = btf.name(id);
    (once.has(name) ? twice : once).add(name);
  }
  return twice;
}
