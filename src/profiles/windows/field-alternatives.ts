/**
 * Members of NT structures that were renamed or moved, as data: a structure and the names of one member in it, newest
 * first, with the build that brought it (`name@build`). See `linux/field-alternatives.ts` for what may be a row.
 *
 * Source: the types in Microsoft's public symbols of the builds named, and ReactOS's NDK for 3790 (5.2).
 */
import type { FieldNames } from '../resolve-field.js';

export const FIELD_ALTERNATIVES: readonly FieldNames[] = [
  // The kernel's own link from a thread to its process; 5.x has a second one in the executive's half.
  ['_ETHREAD', 'Tcb.Process@6000', 'ThreadsProcess'],
  // Counts per list of free entries; a table has but one of these, except on machines with very many processors.
  ['_HANDLE_TABLE', 'FreeLists.HandleCount@9200', 'HandleCount'],
  ['_EPROCESS', 'WoW64Process@9200', 'Wow64Process'],
  // Address ranges of VAD nodes; before 9200 every kind of node repeats them.
  ['_MMVAD', 'Core.StartingVpn@9200', 'StartingVpn'],
  ['_MMVAD', 'Core.EndingVpn@9200', 'EndingVpn'],
  ['_MMVAD', 'Core.u.VadFlags@9200', 'u.VadFlags'],
];
