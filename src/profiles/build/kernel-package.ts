/**
 * The kernel files in a Debian package: vmlinux and System.map of a -dbg package, vmlinuz of an image package.
 *
 * Source: deb(5).
 */
import { UserError } from '../../core/errors.js';
import { arMembers } from '../../formats/archives/ar.js';
import { tarFiles } from '../../formats/archives/tar.js';
import type { ByteSource } from '../../formats/byte-source.js';
import { containers } from '../../formats/containers/container-table.js';
import { readBytes } from '../../formats/sources/read-bytes.js';

/** Below `./boot` and `./usr/lib/debug/boot`; the stub of a System.map that image packages have is smaller. */
const KERNEL_FILE = /(?:^|\/)(?:vmlinux|vmlinuz|System\.map)-[^/]+$/;
const MIN_SIZE = 4096;

export interface PackageFiles {
  readonly files: readonly ByteSource[];
  /** Gives back the temporary file that the package was unpacked into. */
  close(): void;
}

/**
 * Unpacks the package `source` into a temporary file. `onProgress` is told packed bytes done and bytes in all. Throws
 * `UserError` when it holds no kernel files.
 */
export async function openKernelPackage(
  source: ByteSource,
  onProgress?: (done: number, all: number) => void,
): Promise<PackageFiles> {
  const data = [...arMembers(source)].find(({ name }) => name.startsWith('data.tar'));
  if (data === undefined) throw new UserError(`${source.name} is no Debian package`, 'give a .deb, or the files in it');
  const container = containers.find((one) => one.detect(readBytes(data, 0, 64), data));
  const context = { path: source.name, options: onProgress === undefined ? {} : { onUnpack: onProgress } };
  const tar = container === undefined ? data : (await container.open(data, context)).source;
  const files = [...tarFiles(tar)]
    .filter(({ path, content }) => KERNEL_FILE.test(path) && content.size >= MIN_SIZE)
    .map(({ content }) => content);
  if (files.length > 0) return { files, close: () => tar.close() };
  tar.close();
  throw new UserError(
    `${source.name} has no kernel in it`,
    'give the package of the kernel image, or its -dbg package, which has types and symbols',
  );
}
