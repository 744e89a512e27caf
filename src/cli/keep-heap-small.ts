/**
 * A setting of V8 for commands that go over many snapshots: they make much that is soon dropped, and V8 would rather let its heap
 * grow with their number than look what of it is dropped. It costs no time that can be measured.
 */
import { setFlagsFromString } from 'node:v8';
import { setKnownFlag } from '../core/compiler-flags.js';

const SMALL = { flag: '--heap-growing-percent=30', first: 10, last: 13 };
const AS_BEFORE = '--heap-growing-percent=0';

/**
 * The heap is looked through when it is by a third larger than what was left the last time. Until the run ends: compiled code of
 * the command line is kept then, and V8 takes it only under the flags that a run begins with.
 */
export function keepHeapSmall(): void {
  if (setKnownFlag(SMALL)) process.prependOnceListener('exit', () => setFlagsFromString(AS_BEFORE));
}
