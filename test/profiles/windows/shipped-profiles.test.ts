import { readdirSync, readFileSync, statSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import type { IsfType } from '../../../src/profiles/isf/isf-document.js';
import { isfProfile } from '../../../src/profiles/isf/isf-profile.js';
import { IsfTypeSource } from '../../../src/profiles/isf/isf-type-source.js';
import { readIsf } from '../../../src/profiles/isf/read-isf.js';
import { readFamily } from '../../../src/profiles/windows/profile-family.js';
import {
  neighbouringProfiles,
  shippedProfile,
  shippedProfiles,
} from '../../../src/profiles/windows/shipped-profile.js';
import { images } from '../../ground-truth/images.js';
import { layoutDifferences } from '../same-layout.js';

const DATA = new URL('../../../profiles-data/', import.meta.url);
const folder = new URL('windows/', DATA);
const schema = (name: string) => JSON.parse(readFileSync(new URL(`schema/${name}.schema.json`, DATA), 'utf8'));
const familyFiles = readdirSync(folder).filter((name) => name.endsWith('.json.gz'));
const MIB = 2 ** 20;

describe('the type tables of NT kernels that are shipped', () => {
  const validate = new Ajv({ strictTypes: false }).addSchema(schema('isf')).compile(schema('windows-family'));

  it.each(familyFiles)('%s is as the schema says, and builds.json lists what is in it', (file) => {
    const family = readFamily(new URL(file, folder).pathname);
    expect(validate(family), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
    const listed = JSON.parse(readFileSync(new URL('builds.json', folder), 'utf8'));
    expect(listed[file.replace('.json.gz', '')]).toEqual(
      family.builds.map(({ version, remark, identity }) => ({
        version,
        ...(remark && { remark }),
        ...(identity && { identity }),
      })),
    );
    for (const build of family.builds) expect(build.symbols.length).toBe(family.symbol_names.length);
  });

  it('are small', () => {
    const sizes = readdirSync(folder).map((name) => statSync(new URL(name, folder)).size);
    expect(Math.max(...sizes)).toBeLessThan(MIB);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(3 * MIB);
  });

  it('cover XP to 10 for x86, and 2003 to 11 for x64', () => {
    const builds = (pointerSize: number) =>
      new Set(
        shippedProfiles()
          .filter((one) => one.pointerSize === pointerSize)
          .map(({ version }) => Number(/^\d+\.\d+\.(\d+)/.exec(version)?.[1] ?? 0)),
      );
    const both = [
      3790, 6000, 6001, 6002, 7600, 7601, 9200, 9600, 10240, 10586, 14393, 15063, 16299, 17134, 17763, 18362, 19041,
    ];
    expect([...builds(4)].sort((a, b) => a - b)).toEqual([0, 2600, ...both]);
    expect([...builds(8)].sort((a, b) => a - b)).toEqual([...both, 20348, 22000, 26100]);
  });

  it.each(familyFiles)('%s is whole: no type of a build embeds one that it lacks', (file) => {
    const family = readFamily(new URL(file, folder).pathname);
    for (const build of family.builds) {
      const lacking = Object.entries(build.user_types).flatMap(([name, index]) => {
        const record = family.user_types[name]?.[index];
        if (record === undefined) return [name];
        return Object.values(record.fields).flatMap(({ type }) =>
          embedded(type).filter((inner) => !(inner in build.user_types)),
        );
      });
      expect([build.version, lacking]).toEqual([build.version, []]);
      for (const member of ['ActiveProcessLinks', 'UniqueProcessId', 'Pcb', 'Token', 'ObjectTable', 'VadRoot']) {
        const process = family.user_types._EPROCESS?.[build.user_types._EPROCESS ?? -1];
        expect(process?.fields[member], `${build.version} ${member}`).toBeDefined();
      }
      const known = build.symbols.filter((address) => address !== 0).length;
      expect(known, build.version).toBeGreaterThanOrEqual(build.identity === undefined ? 0 : 80);
    }
    const last = shippedProfiles()
      .filter(({ path }) => path.endsWith(file))
      .at(-1);
    const { types, os } = isfProfile(last!.document());
    expect(os).toBe('windows');
    for (const name of types.structNames()) expect(types.struct(name), name).toBeDefined();
  });

  it('are found by the program database, and the nearest build comes first', () => {
    const identity = 'ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B844-1';
    expect(shippedProfile(identity)?.name).toContain('10.0.19041.804');
    expect(shippedProfile(identity)?.symbol('PsActiveProcessHead')?.address).toBe(0xc1_e200);
    expect(shippedProfile('ntkrnlmp.pdb/00000000000000000000000000000000-1')).toBeUndefined();
    const nearest = (size: 4 | 8, release: string) => [...neighbouringProfiles(size, release)][0]?.version;
    expect(nearest(8, '10.0.22621')).toMatch(/^10\.0\.22000\./);
    expect(nearest(8, '10.0.19045')).toMatch(/^10\.0\.19041\./);
    expect(nearest(4, '5.1.2600')).toMatch(/^5\.1\.2600/);
  });

  const triage = images().find(({ name }) => name.startsWith('win10-19041'));
  it.skipIf(triage === undefined)('say the same as the whole table (skipped without the triage dump)', async () => {
    const whole = readIsf(await triage!.file('5278AFF86C341677D7D7835C85B7B844-1.json'));
    const shipped = shippedProfile('ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B844-1')!;
    const types = [new IsfTypeSource(whole), new IsfTypeSource(shipped)] as const;
    // Structures without a name are called otherwise.
    const named = [...types[1].structNames()].filter((name) => !name.startsWith('__unnamed'));
    expect(named.length).toBeGreaterThan(250);
    expect(named.flatMap((name) => layoutDifferences(...types, name))).toEqual([]);
    for (const { name, address } of shipped.addresses()) {
      expect(BigInt(whole.symbol(name)?.address ?? 0), name).toBe(address);
    }
  });
});

/** Names of the structures that lie inside of a member, not behind a pointer. */
function embedded(type: IsfType): string[] {
  if (type.kind === 'array') return embedded(type.subtype);
  return type.kind === 'struct' || type.kind === 'union' ? [type.name] : [];
}
