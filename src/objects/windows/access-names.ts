/**
 * Access masks by name: what a handle allows. Sixteen bits mean something else for each type of object, the others the same
 * for all. Source: winnt.h and wdm.h (FILE_…, KEY_…, PROCESS_…, THREAD_…, …); ntobapi in ReactOS's NDK for the kernel's own.
 */

const STANDARD: readonly (readonly [number, string])[] = [
  [0x0001_0000, 'DELETE'],
  [0x0002_0000, 'READ_CONTROL'],
  [0x0004_0000, 'WRITE_DAC'],
  [0x0008_0000, 'WRITE_OWNER'],
  [0x0010_0000, 'SYNCHRONIZE'],
  [0x0100_0000, 'ACCESS_SYSTEM_SECURITY'],
  [0x0200_0000, 'MAXIMUM_ALLOWED'],
  [0x1000_0000, 'GENERIC_ALL'],
  [0x2000_0000, 'GENERIC_EXECUTE'],
  [0x4000_0000, 'GENERIC_WRITE'],
  [0x8000_0000, 'GENERIC_READ'],
];

/** Names of the lowest bits, in their order; '' where a bit has none. */
const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  File: [
    'READ_DATA',
    'WRITE_DATA',
    'APPEND_DATA',
    'READ_EA',
    'WRITE_EA',
    'EXECUTE',
    'DELETE_CHILD',
    'READ_ATTRIBUTES',
    'WRITE_ATTRIBUTES',
  ],
  Key: [
    'QUERY_VALUE',
    'SET_VALUE',
    'CREATE_SUB_KEY',
    'ENUMERATE_SUB_KEYS',
    'NOTIFY',
    'CREATE_LINK',
    '',
    '',
    'WOW64_64KEY',
    'WOW64_32KEY',
  ],
  Process: [
    'TERMINATE',
    'CREATE_THREAD',
    'SET_SESSIONID',
    'VM_OPERATION',
    'VM_READ',
    'VM_WRITE',
    'DUP_HANDLE',
    'CREATE_PROCESS',
    'SET_QUOTA',
    'SET_INFORMATION',
    'QUERY_INFORMATION',
    'SUSPEND_RESUME',
    'QUERY_LIMITED_INFORMATION',
    'SET_LIMITED_INFORMATION',
  ],
  Thread: [
    'TERMINATE',
    'SUSPEND_RESUME',
    'ALERT',
    'GET_CONTEXT',
    'SET_CONTEXT',
    'SET_INFORMATION',
    'QUERY_INFORMATION',
    'SET_THREAD_TOKEN',
    'IMPERSONATE',
    'DIRECT_IMPERSONATION',
    'SET_LIMITED_INFORMATION',
    'QUERY_LIMITED_INFORMATION',
    'RESUME',
  ],
  Token: [
    'ASSIGN_PRIMARY',
    'DUPLICATE',
    'IMPERSONATE',
    'QUERY',
    'QUERY_SOURCE',
    'ADJUST_PRIVILEGES',
    'ADJUST_GROUPS',
    'ADJUST_DEFAULT',
    'ADJUST_SESSIONID',
  ],
  Event: ['QUERY_STATE', 'MODIFY_STATE'],
  KeyedEvent: ['WAIT', 'WAKE'],
  Mutant: ['QUERY_STATE'],
  Semaphore: ['QUERY_STATE', 'MODIFY_STATE'],
  Timer: ['QUERY_STATE', 'MODIFY_STATE'],
  Section: ['QUERY', 'MAP_WRITE', 'MAP_READ', 'MAP_EXECUTE', 'EXTEND_SIZE', 'MAP_EXECUTE_EXPLICIT'],
  Directory: ['QUERY', 'TRAVERSE', 'CREATE_OBJECT', 'CREATE_SUBDIRECTORY'],
  SymbolicLink: ['QUERY', 'SET'],
  Port: ['CONNECT'],
  'ALPC Port': ['CONNECT'],
  WaitablePort: ['CONNECT'],
  IoCompletion: ['QUERY_STATE', 'MODIFY_STATE'],
  Job: ['ASSIGN_PROCESS', 'SET_ATTRIBUTES', 'QUERY', 'TERMINATE', 'SET_SECURITY_ATTRIBUTES', 'IMPERSONATE'],
  DebugObject: ['READ_EVENT', 'PROCESS_ASSIGN', 'SET_INFORMATION', 'QUERY_INFORMATION'],
  WindowStation: [
    'ENUMDESKTOPS',
    'READATTRIBUTES',
    'ACCESSCLIPBOARD',
    'CREATEDESKTOP',
    'WRITEATTRIBUTES',
    'ACCESSGLOBALATOMS',
    'EXITWINDOWS',
    '',
    'ENUMERATE',
    'READSCREEN',
  ],
  Desktop: [
    'READOBJECTS',
    'CREATEWINDOW',
    'CREATEMENU',
    'HOOKCONTROL',
    'JOURNALRECORD',
    'JOURNALPLAYBACK',
    'ENUMERATE',
    'WRITEOBJECTS',
    'SWITCHDESKTOP',
  ],
};

/** What the mask allows, lowest bit first; bits without a name as `bit 12`. */
export function accessNames(type: string | undefined, mask: number): string[] {
  const own = type !== undefined && Object.hasOwn(BY_TYPE, type) ? (BY_TYPE[type] ?? []) : [];
  const names: string[] = [];
  for (let bit = 0; bit < 16; bit++) if (((mask >>> bit) & 1) === 1) names.push(own[bit] || `bit ${bit}`);
  for (const [bit, name] of STANDARD) if ((mask & bit) !== 0) names.push(name);
  return names;
}
