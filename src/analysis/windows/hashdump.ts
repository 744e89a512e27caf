/** `hashdump`: local accounts with their password hashes. */
import { column } from '../../core/columns.js';
import { samAccounts } from '../../objects/windows/credentials/sam-accounts.js';
import { samRoot, systemBootKey } from '../../objects/windows/credentials/secret-hives.js';
import { definePlugin } from '../plugin.js';

/** Hashes of the empty password. */
const EMPTY = { lm: 'aad3b435b51404eeaad3b435b51404ee', nt: '31d6cfe0d16ae931b73c59d7e0c089c0' } as const;

export default definePlugin({
  name: 'hashdump',
  scope: 'windows',
  summary: 'List the password hashes of local accounts',
  description:
    'From the SAM hive in memory, unwrapped with the boot key in the SYSTEM hive. Where a page of either is not in memory the ' +
    'hashes are missing. The hash that no password has is shown where none is kept.',
  aliases: ['windows.hashdump.Hashdump', 'windows.registry.hashdump.Hashdump'],
  examples: ['windows hashdump -f memory.raw'],
  columns: {
    user: column.text('Name of the account'),
    rid: column.integer('Relative identifier'),
    lmHash: column.text('LM hash'),
    ntHash: column.text('NT hash'),
    empty: column.boolean('The password is empty'),
  },
  *rows(kernel, _options, io) {
    const root = samRoot(kernel);
    if (root === undefined) {
      io.note('the SAM hive is not in memory');
      return;
    }
    const boot = systemBootKey(kernel);
    if (boot === undefined && !kernel.isReactOS)
      io.note('the boot key is not in memory, so that no hash can be unwrapped');
    for (const { rid, name, lmHash, ntHash } of samAccounts(root, boot)) {
      const isKnown = boot !== undefined || ntHash !== undefined;
      yield {
        user: name,
        rid,
        lmHash: lmHash ?? (isKnown ? EMPTY.lm : undefined),
        ntHash: ntHash ?? (isKnown ? EMPTY.nt : undefined),
        empty: isKnown ? (ntHash ?? EMPTY.nt) === EMPTY.nt : undefined,
      };
    }
  },
});
