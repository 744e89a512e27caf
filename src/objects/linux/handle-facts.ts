/** What is known of one open file: kind, name, flags, position, inode. The facts behind `handles` and its kin. */
import type { StructView } from '../struct-view.js';
import { type DentryPath, dentryPath } from './dentry-path.js';
import { fileDetails } from './file-details.js';
import { fileKind } from './file-kind.js';
import type { LinuxKernel } from './kernel.js';
import { accessOf, deviceText, modeText, openFlagNames } from './open-flags.js';

export interface HandleFacts {
  /** `fileKind`. */
  readonly type: string | undefined;
  /** As readlink of /proc/PID/fd/N prints it. */
  readonly name: string | undefined;
  readonly deleted: boolean | undefined;
  /** `r`, `w`, `rw` or ''. */
  readonly access: string | undefined;
  /** `f_flags` in words. */
  readonly flags: readonly string[] | undefined;
  /** Where the next read or write is. */
  readonly position: bigint | undefined;
  readonly inode: bigint | undefined;
  readonly mode: string | undefined;
  /** `major:minor` of the file system. */
  readonly device: string | undefined;
  readonly size: bigint | undefined;
  readonly mountId: number | undefined;
  readonly details: string | undefined;
}

export function handleFacts(kernel: LinuxKernel, file: StructView): HandleFacts {
  const path: DentryPath | undefined = dentryPath(kernel, file.at('f_path'));
  const inode = file.follow('f_inode');
  const type = fileKind(inode, path?.text);
  const access = file.num('f_mode');
  const flags = file.num('f_flags');
  const mode = inode?.num('i_mode');
  const device = inode?.follow('i_sb')?.num('s_dev');
  return {
    type,
    name: path?.text,
    deleted: path?.deleted,
    access: access === undefined ? undefined : accessOf(access),
    flags: flags === undefined ? undefined : openFlagNames(flags),
    position: file.big('f_pos'),
    inode: inode?.big('i_ino'),
    mode: mode === undefined ? undefined : modeText(mode),
    device: device === undefined ? undefined : deviceText(device),
    size: inode?.big('i_size'),
    mountId: file.at('f_path').follow('mnt')?.containedIn('mount', 'mnt').num('mnt_id'),
    details: fileDetails(kernel, type, file, inode),
  };
}
