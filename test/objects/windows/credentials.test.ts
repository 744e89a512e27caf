import { describe, expect, it } from 'vitest';
import { RegistryKey } from '../../../src/formats/regf/registry-key.js';
import { bootKey } from '../../../src/objects/windows/credentials/boot-key.js';
import { cachedLogons } from '../../../src/objects/windows/credentials/cached-logons.js';
import { rc4 } from '../../../src/objects/windows/credentials/ciphers.js';
import { lsaKey, lsaSecrets } from '../../../src/objects/windows/credentials/lsa-secrets.js';
import { samAccounts } from '../../../src/objects/windows/credentials/sam-accounts.js';
import { serviceSid } from '../../../src/objects/windows/service-sid.js';
import { buildHive, FlatHive, type HiveKeyTruth } from '../../formats/builders/hive.js';
import { CREDENTIALS, lsaKeyTruth, samTruth, securityTruth } from '../../synthetic/windows/nt-credentials.js';

function opened(root: HiveKeyTruth): RegistryKey {
  const hive = buildHive(root);
  return RegistryKey.at(new FlatHive(hive), hive.rootCell)!;
}

const boot = Buffer.from(CREDENTIALS.bootKey, 'hex');

describe('credentials', () => {
  it('are kept with the stream that RFC 6229 lists for RC4', () => {
    const key = (hex: string) => Buffer.from(hex, 'hex');
    const stream = (hex: string) => Buffer.from(rc4(key(hex), new Uint8Array(16))).toString('hex');
    expect(stream('0102030405')).toBe('b2396305f03dc027ccc3524a0a1118a8');
    expect(stream('0102030405060708090a0b0c0d0e0f10')).toBe('9ac7cc9a609d1ef7b2932899cde41b97');
  });

  it('begin with the boot key in the classes of four keys', () => {
    expect(Buffer.from(bootKey(opened(lsaKeyTruth(CREDENTIALS)))!).toString('hex')).toBe(CREDENTIALS.bootKey);
    expect(bootKey(undefined)).toBeUndefined();
    expect(bootKey(opened({ name: 'Lsa', keys: [{ name: 'JD', className: 'zz' }] }))).toBeUndefined();
  });

  it.each(['old', 'new'] as const)('of accounts are unwrapped (%s)', (generation) => {
    const root = opened(samTruth(CREDENTIALS, generation));
    expect([...samAccounts(root, boot)]).toEqual(
      CREDENTIALS.accounts.map(({ rid, name, ntHash, lmHash }) => ({ rid, name, ntHash, lmHash })),
    );
    // Without the key there are names and no hashes.
    expect([...samAccounts(root, undefined)].map(({ ntHash }) => ntHash)).toEqual([undefined, undefined]);
  });

  it.each(['old', 'new'] as const)(
    'of the local security authority and of the domain are unwrapped (%s)',
    (generation) => {
      const root = opened(securityTruth(CREDENTIALS, generation));
      const key = lsaKey(root, boot)!;
      const secrets = new Map([...lsaSecrets(root, key)].map(({ name, data }) => [name, data!]));
      const texts = Object.keys(CREDENTIALS.secrets).map((name) => [
        name,
        Buffer.from(secrets.get(name)!).toString('utf16le'),
      ]);
      expect(Object.fromEntries(texts)).toEqual(CREDENTIALS.secrets);
      expect([...cachedLogons(root, secrets.get('NL$KM')!, key.isModern)]).toEqual(
        CREDENTIALS.cached.map(({ user, domain, dns, hash }) => ({
          entry: 'NL$1',
          user,
          domain,
          domainName: dns,
          hash,
        })),
      );
    },
  );

  it('of services are known by the name', () => {
    // `sc showsid TrustedInstaller`, as Microsoft documents it.
    const sid = 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464';
    expect(serviceSid('TrustedInstaller')).toBe(sid);
  });
});
