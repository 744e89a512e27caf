/** `lsadump`: secrets of the local security authority. */

import { utf16Text } from '../../core/bytes.js';
import { column } from '../../core/columns.js';
import { lsaSecrets } from '../../objects/windows/credentials/lsa-secrets.js';
import { securityHive } from '../../objects/windows/credentials/secret-hives.js';
import { unixTime } from '../../objects/windows/times.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'lsadump',
  scope: 'windows',
  summary: 'List the secrets of the local security authority',
  description:
    'From the SECURITY hive in memory, unwrapped with the boot key: passwords of services (_SC_…) and for automatic logon, of ' +
    'the machine in its domain, keys of cached logons (NL$KM) and of DPAPI.',
  aliases: ['windows.lsadump.Lsadump', 'windows.registry.lsadump.Lsadump'],
  examples: ['windows lsadump -f memory.raw'],
  columns: {
    name: column.text('Name of the secret'),
    text: column.text('The secret, where it is text'),
    hex: column.text('The secret in hex'),
    lastWritten: column.time('When it was written last'),
  },
  timeline: { events: { lastWritten: 'secret written' }, describe: (row) => `${row.name}` },
  *rows(kernel, _options, io) {
    const hive = securityHive(kernel);
    if (hive === undefined) {
      io.note('the SECURITY hive or the boot key is not in memory');
      return;
    }
    for (const { name, data, lastWritten } of lsaSecrets(hive.root, hive.key)) {
      const hex = data && Buffer.from(data).toString('hex');
      yield { name, text: data && printable(data), hex, lastWritten: unixTime(lastWritten) };
    }
  },
});

function printable(data: Uint8Array): string | undefined {
  const text = data.length > 0 && data.length % 2 === 0 ? utf16Text(data) : '';
  return text.length * 2 >= data.length - 2 && /^[\x20-\x7e\u00a0-\u024f]+$/.test(text) ? text : undefined;
}
