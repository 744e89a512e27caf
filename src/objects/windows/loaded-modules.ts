/** The loader's records of images: of the kernel and its drivers, and of each process. */
import type { StructView, ViewContext } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { listEntries } from './lists.js';
import type { ProcessEnvironment } from './process-environment.js';
import { unicodeString } from './unicode-string.js';

/** Images in kernel space, in the order in which they were loaded, the kernel first. */
export function* kernelModules(kernel: WindowsKernel): Generator<StructView> {
  const head = kernel.address('PsLoadedModuleList');
  if (head !== undefined) yield* listEntries(kernel, head, '_LDR_DATA_TABLE_ENTRY', 'InLoadOrderLinks');
}

/** The lists of a process's loader: the head in _PEB_LDR_DATA, and the links in each entry. */
const LISTS = {
  load: ['InLoadOrderModuleList', 'InLoadOrderLinks'],
  init: ['InInitializationOrderModuleList', 'InInitializationOrderLinks'],
  memory: ['InMemoryOrderModuleList', 'InMemoryOrderLinks'],
} as const;
export type LoaderList = keyof typeof LISTS;

/** Images of a process, in the order in which they were loaded, the program first, unless another list is named. */
export function* processModules({ block }: ProcessEnvironment, list: LoaderList = 'load'): Generator<StructView> {
  const loader = block.follow('Ldr');
  if (loader === undefined) return;
  const [head, links] = LISTS[list];
  yield* listEntries(block.context, loader.addressOf(head), '_LDR_DATA_TABLE_ENTRY', links);
}

/** What module lists show. */
export function moduleFacts(module: StructView) {
  const context: ViewContext = module.context;
  return {
    name: unicodeString(module, 'BaseDllName', context, 1024),
    base: module.ptr('DllBase'),
    size: module.num('SizeOfImage'),
    entryPoint: module.ptr('EntryPoint'),
    path: unicodeString(module, 'FullDllName', context, 4096),
    flags: module.num('Flags'),
    offset: module.address,
  };
}
