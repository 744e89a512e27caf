/** Names of the SIDs that are the same on every machine. Source: Microsoft, "Well-known SIDs" ([MS-DTYP] 2.4.2.4). */
const NAMES: Readonly<Record<string, string>> = {
  'S-1-0-0': 'Nobody',
  'S-1-1-0': 'Everyone',
  'S-1-2-0': 'Local',
  'S-1-2-1': 'Console Logon',
  'S-1-3-0': 'Creator Owner',
  'S-1-3-1': 'Creator Group',
  'S-1-5-1': 'Dialup',
  'S-1-5-2': 'Network',
  'S-1-5-3': 'Batch',
  'S-1-5-4': 'Interactive',
  'S-1-5-6': 'Service',
  'S-1-5-7': 'Anonymous',
  'S-1-5-9': 'Enterprise Domain Controllers',
  'S-1-5-10': 'Principal Self',
  'S-1-5-11': 'Authenticated Users',
  'S-1-5-12': 'Restricted Code',
  'S-1-5-13': 'Terminal Server User',
  'S-1-5-14': 'Remote Interactive Logon',
  'S-1-5-15': 'This Organization',
  'S-1-5-18': 'Local System',
  'S-1-5-19': 'Local Service',
  'S-1-5-20': 'Network Service',
  'S-1-5-32-544': 'Administrators',
  'S-1-5-32-545': 'Users',
  'S-1-5-32-546': 'Guests',
  'S-1-5-32-547': 'Power Users',
  'S-1-5-32-551': 'Backup Operators',
  'S-1-5-32-555': 'Remote Desktop Users',
  'S-1-5-33': 'Write Restricted Code',
  'S-1-5-113': 'Local Account',
  'S-1-5-114': 'Local Account and Member of Administrators Group',
  'S-1-16-0': 'Untrusted Mandatory Level',
  'S-1-16-4096': 'Low Mandatory Level',
  'S-1-16-8192': 'Medium Mandatory Level',
  'S-1-16-8448': 'Medium Plus Mandatory Level',
  'S-1-16-12288': 'High Mandatory Level',
  'S-1-16-16384': 'System Mandatory Level',
};

/** Accounts that every machine or domain has, by the last part of their SID (S-1-5-21-…-500). */
const ACCOUNTS: Readonly<Record<string, string>> = {
  500: 'Administrator',
  501: 'Guest',
  512: 'Domain Admins',
  513: 'Domain Users',
  514: 'Domain Guests',
  515: 'Domain Computers',
};

/** What the SID stands for on every machine; undefined for those of one machine or domain. */
export function sidName(sid: string): string | undefined {
  if (Object.hasOwn(NAMES, sid)) return NAMES[sid];
  const account = /^S-1-5-21-\d+-\d+-\d+-(\d+)$/.exec(sid)?.[1];
  if (account !== undefined) return ACCOUNTS[account];
  return /^S-1-5-5-\d+-\d+$/.test(sid) ? 'Logon Session' : undefined;
}
