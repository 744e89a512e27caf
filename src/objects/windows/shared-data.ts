/** The page that the kernel shares with all processes: the clock, the system's folder. */
import { utf16Text } from '../../core/bytes.js';
import { SHARED_DATA } from '../../profiles/windows/version.js';
import type { StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { unixTime } from './times.js';

function sharedData(kernel: WindowsKernel): StructView {
  return kernel.struct('_KUSER_SHARED_DATA', SHARED_DATA[kernel.profile.pointerSize]);
}

/** The guest's clock when the image was taken, nanoseconds since 1970; undefined when unreadable. */
export function systemTime(kernel: WindowsKernel): bigint | undefined {
  const time = sharedData(kernel).at('SystemTime');
  const low = time.big('LowPart');
  const high = time.big('High1Time');
  return low === undefined || high === undefined ? undefined : unixTime((high << 32n) | low);
}

/** `C:\Windows`; undefined when unreadable. */
export function systemRoot(kernel: WindowsKernel): string | undefined {
  const bytes = sharedData(kernel).bytes('NtSystemRoot');
  return bytes && utf16Text(bytes);
}
