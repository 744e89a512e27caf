/**
 * The places where a kernel keeps its processes, each walked by itself, so that one that is missing somewhere shows.
 * All give addresses of _EPROCESS.
 */

import { openHandles } from './handle-table.js';
import type { WindowsKernel } from './kernel.js';
import { objectBody, objectTypeName } from './object-header.js';
import { scanObjects } from './pool-scan.js';
import { processName } from './process-facts.js';
import { processes } from './processes.js';

export const PROCESS_VIEWS = ['list', 'pool', 'threads', 'ids', 'csrss', 'handles'] as const;
export type ProcessView = (typeof PROCESS_VIEWS)[number];

type Addresses = Iterable<bigint>;

const WALKS: Readonly<Record<ProcessView, (kernel: WindowsKernel) => Addresses>> = {
  *list(kernel) {
    for (const process of processes(kernel)) yield process.address;
  },
  *pool(kernel) {
    for (const { body } of scanObjects(kernel, ['Process'])) yield body;
  },
  *threads(kernel) {
    for (const { body } of scanObjects(kernel, ['Thread'])) {
      const thread = kernel.struct('_ETHREAD', body);
      // A thread that has ended may have outlived its process.
      if (thread.num('Tcb.State') === TERMINATED) continue;
      const process = thread.ptr('Tcb.Process');
      if (process !== undefined && process !== 0n) yield process;
    }
  },
  *ids(kernel) {
    const address = kernel.globalPointer('PspCidTable');
    if (address === undefined || address === 0n) return;
    // The objects of this table are named without their headers.
    for (const { header: body } of openHandles(kernel, kernel.struct('_HANDLE_TABLE', address))) {
      if (isProcess(kernel, body)) yield body;
    }
  },
  csrss: (kernel) => heldProcesses(kernel, (name) => name === 'csrss.exe'),
  handles: (kernel) => heldProcesses(kernel, (name) => name !== 'csrss.exe'),
};

const TERMINATED = 4;

/** The addresses that each place gives. Places that cannot be found (no symbol) are empty. */
export function processViews(kernel: WindowsKernel): ReadonlyMap<ProcessView, ReadonlySet<bigint>> {
  return new Map(PROCESS_VIEWS.map((view) => [view, new Set(WALKS[view](kernel))]));
}

/** What somebody holds a handle of: the subsystem (csrss) holds one of every program, parents of their children. */
function* heldProcesses(kernel: WindowsKernel, holder: (name: string | undefined) => boolean): Generator<bigint> {
  for (const process of processes(kernel)) {
    const table = holder(processName(process)?.toLowerCase()) ? process.follow('ObjectTable') : undefined;
    if (table === undefined) continue;
    for (const { header: address } of openHandles(kernel, table)) {
      const header = kernel.struct('_OBJECT_HEADER', address);
      if (objectTypeName(kernel, header) === 'Process') yield objectBody(header);
    }
  }
}

/** DISPATCHER_HEADER.Type of processes. */
const PROCESS_OBJECT = 3;

function isProcess(kernel: WindowsKernel, body: bigint): boolean {
  const type = kernel.space.view(body, 1)?.[0];
  return type !== undefined && (type & 0x7f) === PROCESS_OBJECT;
}
