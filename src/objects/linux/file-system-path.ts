/**
 * The path of a directory entry inside its own file system, whatever is mounted where: what mountinfo calls the root of
 * a mount. Paths as processes see them are `dentry-path.ts`'s.
 */
import type { StructView } from '../struct-view.js';
import { dentryName } from './dentry-name.js';
import type { LinuxKernel } from './kernel.js';

const MEMO = Symbol('file system paths');
const MAX_STEPS = 4096;

/** `/a/b`, `/` for the root of the file system; undefined when a name on the way is unreadable. */
export function fileSystemPath(kernel: LinuxKernel, dentry: StructView): string | undefined {
  const text = joined(kernel, dentry);
  return text === '' ? '/' : text;
}

/** The same, '' for the root. Every directory on the way is remembered. */
function joined(kernel: LinuxKernel, dentry: StructView): string | undefined {
  const known = kernel.memo(MEMO, () => new Map<bigint, string | undefined>());
  const passed: { address: bigint; name: string | undefined }[] = [];
  let at = dentry;
  while (!known.has(at.address)) {
    const parent = at.ptr('d_parent');
    if (parent === undefined || passed.length === MAX_STEPS) {
      known.set(at.address, undefined);
    } else if (parent === at.address || parent === 0n) {
      known.set(at.address, '');
    } else {
      passed.push({ address: at.address, name: dentryName(at) });
      at = kernel.struct('dentry', parent);
    }
  }
  let text = known.get(at.address);
  for (const { address, name } of passed.reverse()) {
    text = text === undefined || name === undefined ? undefined : `${text}/${name}`;
    known.set(address, text);
  }
  return text;
}

/** True when the entry was removed: it hangs from its parent no more. */
export function isUnhashed(dentry: StructView): boolean {
  return dentry.ptr('d_hash.pprev') === 0n && dentry.ptr('d_parent') !== dentry.address;
}
