/**
 * A setting of V8 for commands that go over many snapshots: they make much that is soon dropped, and V8 would rather let its heap
 * grow with their number than look what of it is dropped. It costs no time that can be measured.
 */
import { setFlagsFromString } from 'node:v8';

/** To others the flag may be an error. */
const VERSIONS = { first: 10, last: 13 };

/**
 * The heap is looked through when it is by a third larger than what was left the last time. Until the run ends: compiled code of
 * the command line is kept then, and V8 takes it only under the flags that a run begins with.
 */
export function keepHeapSmall(): void {
  const version = Number.parseInt(process.versions.v8, 10);
  if (version < VERSIONS.first || version > VERSIONS.last) return;
  setFlagsFromString('--heap-growing-percent=30');
  process.prependOnceListener('exit', () => setFlagsFromString('--heap-growing-percent=0'));
}
