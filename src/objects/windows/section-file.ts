/** The program that a process was made from: its section, and the file behind it. */
import type { StructView } from '../struct-view.js';
import { fileName } from './file-name.js';
import type { WindowsKernel } from './kernel.js';

const REFERENCE_BITS = { 4: 7n, 8: 15n } as const;

/** The file object of the program; undefined for processes without (System), and when it cannot be read. */
export function programFile(kernel: WindowsKernel, process: StructView): StructView | undefined {
  // Since 10.0 the process names the file itself.
  if (process.has('ImageFilePointer')) {
    const file = process.ptr('ImageFilePointer');
    if (file !== undefined && file !== 0n) return kernel.struct('_FILE_OBJECT', file);
  }
  const address = process.ptr('SectionObject');
  if (address === undefined || address === 0n) return undefined;
  if (kernel.isReactOS) return kernel.struct('_ROS_SECTION_OBJECT', address).follow('FileObject');
  const area = controlArea(kernel, address);
  const pointer = area?.ptr(area.has('FilePointer.Object') ? 'FilePointer.Object' : 'FilePointer');
  const file = pointer === undefined ? 0n : pointer & ~REFERENCE_BITS[kernel.profile.pointerSize];
  return file === 0n ? undefined : kernel.struct('_FILE_OBJECT', file);
}

function controlArea(kernel: WindowsKernel, section: bigint): StructView | undefined {
  // Since 6.2 a section leads to its control area, before by its segment.
  const view = kernel.struct('_SECTION', section);
  if (view.has('u1.ControlArea')) return view.follow('u1.ControlArea', '_CONTROL_AREA');
  return kernel
    .struct('_SECTION_OBJECT', section)
    .follow('Segment', '_SEGMENT')
    ?.follow('ControlArea', '_CONTROL_AREA');
}

/** Device and path of the program. */
export function programPath(kernel: WindowsKernel, process: StructView): string | undefined {
  const file = programFile(kernel, process);
  return file && fileName(kernel, file);
}
