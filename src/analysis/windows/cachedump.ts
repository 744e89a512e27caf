/** `cachedump`: logons of domain users that are kept on the machine. */
import { column } from '../../core/columns.js';
import { cachedLogons } from '../../objects/windows/credentials/cached-logons.js';
import { lsaSecrets } from '../../objects/windows/credentials/lsa-secrets.js';
import { securityHive } from '../../objects/windows/credentials/secret-hives.js';
import { definePlugin } from '../plugin.js';

const CACHE_SECRET = 'NL$KM';

export default definePlugin({
  name: 'cachedump',
  scope: 'windows',
  summary: 'List the cached logons of domain users',
  description: 'From the SECURITY hive in memory, unwrapped with the secret NL$KM.',
  aliases: ['windows.cachedump.Cachedump', 'windows.registry.cachedump.Cachedump'],
  examples: ['windows cachedump -f memory.raw'],
  columns: {
    user: column.text('Name of the user'),
    domain: column.text('Domain, short'),
    domainName: column.text('Domain, full'),
    hash: column.text('MS-CACHE hash; v2 since 6.0'),
    entry: column.text('Name of the value', { quiet: true }),
  },
  *rows(kernel, _options, io) {
    const hive = securityHive(kernel);
    const secret = hive && [...lsaSecrets(hive.root, hive.key)].find(({ name }) => name === CACHE_SECRET)?.data;
    if (hive === undefined || secret === undefined) {
      io.note('the SECURITY hive, the boot key or the secret NL$KM is not in memory');
      return;
    }
    yield* cachedLogons(hive.root, secret, hive.key.isModern);
  },
});
