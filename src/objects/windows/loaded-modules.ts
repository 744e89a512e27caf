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

/** Images of a process, in the order in which they were loaded, the program first. */
export function* processModules({ block }: ProcessEnvironment): Generator<StructView> {
  const loader = block.follow('Ldr');
  if (loader === undefined) return;
  const head = loader.addressOf('InLoadOrderModuleList');
  yield* listEntries(block.context, head, '_LDR_DATA_TABLE_ENTRY', 'InLoadOrderLinks');
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
