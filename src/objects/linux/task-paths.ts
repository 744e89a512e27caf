/** The paths that belong to a task: its executable, its working and root directory, as the links in /proc/PID show them. */
import type { StructView } from '../struct-view.js';
import { filePath } from './area-name.js';
import { dentryPath } from './dentry-path.js';
import type { LinuxKernel } from './kernel.js';

/** The executable, ` (deleted)` included; undefined for kernel threads and when unreadable. */
export function executablePath(kernel: LinuxKernel, task: StructView): string | undefined {
  const mm = task.follow('mm');
  // A profile that was made from use in memory alone has processes and no files.
  const file = mm?.has('exe_file') === true ? mm.follow('exe_file') : undefined;
  return file && filePath(kernel, file);
}

/** The working directory (`pwd`) or the root directory; undefined when the task has exited. */
export function directoryPath(kernel: LinuxKernel, task: StructView, which: 'pwd' | 'root'): string | undefined {
  const fs = task.follow('fs');
  return fs && dentryPath(kernel, fs.at(which))?.text;
}
