/** What an object is called, by its type: a table of the types whose name is not (only) in their header. */
import type { StructView } from '../struct-view.js';
import { fileName } from './file-name.js';
import type { WindowsKernel } from './kernel.js';
import { objectBody, objectPath } from './object-header.js';
import { processId, processName } from './process-facts.js';
import { keyPath } from './registry-keys.js';

type Describe = (kernel: WindowsKernel, body: bigint, header: StructView) => string | undefined;

const BY_TYPE: Readonly<Record<string, Describe>> = {
  File: (kernel, body) => fileName(kernel, kernel.struct('_FILE_OBJECT', body)),
  Key: (kernel, body) => {
    const block = kernel.struct('_CM_KEY_BODY', body).follow('KeyControlBlock');
    return block && keyPath(block);
  },
  Process: (kernel, body) => {
    const process = kernel.struct('_EPROCESS', body);
    return `${processName(process)} (${processId(process)})`;
  },
  Thread: (kernel, body) => {
    const cid = kernel.struct('_ETHREAD', body).at('Cid');
    return `tid ${cid.num('UniqueThread')} of ${cid.num('UniqueProcess')}`;
  },
};

/** The name of the object of type `type`; undefined for those without one. */
export function describeObject(
  kernel: WindowsKernel,
  header: StructView,
  type: string | undefined,
): string | undefined {
  const describe = type === undefined || !Object.hasOwn(BY_TYPE, type) ? undefined : BY_TYPE[type];
  return describe === undefined ? objectPath(kernel, header) : describe(kernel, objectBody(header), header);
}
