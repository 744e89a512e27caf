/** Types, states and start types of services by name. Source: winsvc.h and winnt.h (SERVICE_…). */

const TYPES: readonly (readonly [number, string])[] = [
  [0x01, 'KERNEL_DRIVER'],
  [0x02, 'FILE_SYSTEM_DRIVER'],
  [0x04, 'ADAPTER'],
  [0x08, 'RECOGNIZER_DRIVER'],
  [0x10, 'WIN32_OWN_PROCESS'],
  [0x20, 'WIN32_SHARE_PROCESS'],
  [0x40, 'USER_SERVICE'],
  [0x80, 'USERSERVICE_INSTANCE'],
  [0x100, 'INTERACTIVE_PROCESS'],
  [0x200, 'PKG_SERVICE'],
];
const ALL_TYPES = TYPES.reduce((sum, [bit]) => sum | bit, 0);

export const SERVICE_STATES = [
  undefined,
  'STOPPED',
  'START_PENDING',
  'STOP_PENDING',
  'RUNNING',
  'CONTINUE_PENDING',
  'PAUSE_PENDING',
  'PAUSED',
] as const;
export const SERVICE_STARTS = ['BOOT', 'SYSTEM', 'AUTO', 'DEMAND', 'DISABLED'] as const;

/** `WIN32_OWN_PROCESS|INTERACTIVE_PROCESS`; undefined for what is no type. */
export function serviceTypeName(type: number): string | undefined {
  if (type === 0 || (type & ~ALL_TYPES) !== 0) return undefined;
  return TYPES.filter(([bit]) => (type & bit) !== 0)
    .map(([, name]) => name)
    .join('|');
}

/** True for services that are processes, not drivers. */
export function isProcessService(type: number): boolean {
  return (type & 0xf0) !== 0;
}
