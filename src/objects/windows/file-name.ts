/** Names of file objects: the device and the path on it. */
import type { StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { objectHeader, objectPath } from './object-header.js';
import { unicodeString } from './unicode-string.js';

/**
 * `\Device\Harddisk0\Partition1\ReactOS\explorer.exe`; undefined when neither device nor path can be read. Of a file
 * opened relative to another one only the rest of its path is kept: `\Device\Harddisk0\Partition1\...\kernel32.dll`.
 */
export function fileName(kernel: WindowsKernel, file: StructView): string | undefined {
  const device = file.ptr('DeviceObject');
  const deviceName =
    device === undefined || device === 0n ? undefined : objectPath(kernel, objectHeader(kernel, device));
  const path = unicodeString(file, 'FileName');
  if (deviceName === undefined && path === undefined) return undefined;
  const isRelative = path !== undefined && path !== '' && !path.startsWith('\\');
  return `${deviceName ?? ''}${isRelative ? '\\...\\' : ''}${path ?? ''}`;
}
