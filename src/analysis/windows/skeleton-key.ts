/** `skeleton-key`: routines of Kerberos that were exchanged in lsass. */
import { column } from '../../core/columns.js';
import { cryptoSystems } from '../../objects/windows/crypto-systems.js';
import { imagePlaces } from '../../objects/windows/image-places.js';
import { moduleFinder } from '../../objects/windows/process-module-ranges.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'skeleton-key',
  scope: 'windows',
  summary: 'Check the routines of Kerberos encryption in lsass for a skeleton key',
  description:
    'The table of encryption systems in cryptdll.dll of lsass, found by its contents. Malware that opens all accounts with one ' +
    'password replaces the routines of rc4-hmac by its own; rows whose routines lie outside of the library are marked.',
  aliases: ['windows.skeleton_key_check.Skeleton_Key_Check'],
  examples: ['windows skeleton-key -f memory.raw'],
  columns: {
    pid: column.integer('Process id of lsass'),
    encryptionType: column.integer('Number of the encryption type'),
    name: column.text('Its name'),
    initialize: column.address('Routine that begins'),
    decrypt: column.address('Routine that decrypts'),
    module: column.text('Library that the routine that decrypts lies in'),
    suspicious: column.boolean('One of its routines lies outside of cryptdll.dll'),
    offset: column.address('Address of the entry'),
  },
  *rows(kernel) {
    const inProcess = moduleFinder(kernel);
    for (const { pid, process, name, base, space } of imagePlaces(kernel, () => true, false)) {
      if (pid === undefined || process?.toLowerCase() !== 'lsass.exe' || name?.toLowerCase() !== 'cryptdll.dll')
        continue;
      for (const system of cryptoSystems(space, base)) {
        const routines = [system.initialize, system.decrypt, system.finish];
        yield {
          pid,
          encryptionType: system.encryptionType,
          name: system.name,
          initialize: system.initialize,
          decrypt: system.decrypt,
          module: inProcess(pid, system.decrypt),
          suspicious: routines.some((routine) => inProcess(pid, routine)?.toLowerCase() !== 'cryptdll.dll'),
          offset: system.offset,
        };
      }
    }
  },
});
