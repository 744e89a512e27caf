/** `certificates`: the certificate stores in the registry. */
import { column } from '../../core/columns.js';
import type { RegistryKey } from '../../formats/regf/registry-key.js';
import { storedCertificate } from '../../objects/windows/registry/certificate-store.js';
import { loadedHives } from '../../objects/windows/registry/registry.js';
import { unixTime } from '../../objects/windows/times.js';
import { definePlugin } from '../plugin.js';

/** Below the root of the machine's and of the users' hives; SOFTWARE begins one key lower. */
const STORES = ['Microsoft', 'Policies\\Microsoft', 'Software\\Microsoft', 'Software\\Policies\\Microsoft'].map(
  (path) => `${path}\\SystemCertificates`,
);

export default definePlugin({
  name: 'certificates',
  scope: 'windows',
  summary: 'List the certificates that are stored in the registry',
  description:
    'Certificates of all stores (Root, CA, My, Disallowed, …) in the hives in memory, with what they say of themselves. ' +
    'With --output each is written in DER.',
  aliases: ['windows.registry.certificates.Certificates'],
  examples: ['windows certificates -f memory.raw', 'windows certificates -f memory.raw -o found'],
  columns: {
    store: column.text('Store'),
    name: column.text('Name that was given to it'),
    subject: column.text('Whom it names'),
    issuer: column.text('Who signed it'),
    validFrom: column.text('Begin of its validity'),
    validTo: column.text('End of its validity'),
    thumbprint: column.text('Name of its key: SHA-1 of the certificate'),
    matches: column.boolean('Whether that is the SHA-1 of the certificate', { quiet: true }),
    lastWritten: column.time('When its key was written last'),
    hive: column.text('Hive'),
    file: column.text('Where it was written to'),
  },
  timeline: { events: { lastWritten: 'certificate stored' }, describe: (row) => `${row.subject ?? row.thumbprint}` },
  *rows(kernel, _options, io) {
    for (const { hive, mount } of loadedHives(kernel)) {
      const { root } = hive;
      for (const path of STORES) {
        for (const { store, key } of certificateKeys(root?.below(path))) {
          const blob = key.value('Blob')?.data;
          if (blob === undefined) continue;
          const { friendlyName, encoded, parsed } = storedCertificate(blob);
          const name = `${store}-${key.name}.der`;
          yield {
            store,
            name: friendlyName,
            subject: oneLine(parsed?.subject),
            issuer: oneLine(parsed?.issuer),
            validFrom: parsed?.validFrom,
            validTo: parsed?.validTo,
            thumbprint: key.name,
            matches: parsed && parsed.fingerprint.replaceAll(':', '') === key.name.toUpperCase(),
            lastWritten: unixTime(key.lastWritten),
            hive: mount ?? hive.path,
            file: encoded && io.extract(name, [{ offset: 0, bytes: encoded }]),
          };
        }
      }
    }
  },
});

function* certificateKeys(stores: RegistryKey | undefined): Generator<{ store: string; key: RegistryKey }> {
  for (const store of stores?.subkeys() ?? []) {
    for (const key of store.subkey('Certificates')?.subkeys() ?? []) yield { store: store.name, key };
  }
}

function oneLine(name: string | undefined): string | undefined {
  return name?.split('\n').join(', ');
}
