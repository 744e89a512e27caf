/**
 * The real images that tests run on, wherever there are any: ../shared/data beside the repository (compressed), and the
 * directory that MEMLAPSE_IMAGES names (made by test/images/make-images.ts). Both may be absent: the list is then empty.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { decompressXzTo } from './decompress-xz.js';
import { type GroundTruth, loadGroundTruth } from './ground-truth.js';

export interface TestImage {
  /** The directory's name, such as `linux-amd64-6.1`. */
  readonly name: string;
  readonly directory: string;
  readonly arch: 'amd64' | 'i386';
  /** Whether a Linux ground truth lies beside it. */
  readonly hasTruth: boolean;
  /** Names of its files, `.xz` removed: mem.raw, mem.elf, symbols.json … */
  readonly files: readonly string[];
  /** The path of one of `files`, unpacked into a cache under the OS's temporary directory where need be. */
  file(name: string): Promise<string>;
  /** The path of mem.raw. */
  path(): Promise<string>;
  /** Parsed once. Rejects when there is none. */
  truth(): Promise<GroundTruth>;
}

const sharedData = resolve(import.meta.dirname, '../../../shared/data');

/** Every image directory that is there, shared ones first, by name. */
export function images(): TestImage[] {
  const roots = [sharedData, process.env.MEMLAPSE_IMAGES].filter((root) => root !== undefined && existsSync(root));
  return roots.flatMap((root) =>
    readdirSync(root!, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => testImage(entry.name, join(root!, entry.name)))
      .sort((a, b) => a.name.localeCompare(b.name)),
  );
}

/** The images whose Linux guest left its ground truth. */
export function linuxImages(): TestImage[] {
  return images().filter((image) => image.hasTruth && image.files.includes('mem.raw'));
}

function testImage(name: string, directory: string): TestImage {
  const files = readdirSync(directory).map((file) => file.replace(/\.xz$/, ''));
  let truth: Promise<GroundTruth> | undefined;
  const file = (wanted: string) => unpacked(join(directory, wanted), name);
  return {
    name,
    directory,
    arch: /amd64|x64/.test(name) ? 'amd64' : 'i386',
    hasTruth: files.includes('groundtruth.txt'),
    files,
    file,
    path: () => file('mem.raw'),
    truth: () => {
      truth ??= loadGroundTruth(directory);
      return truth;
    },
  };
}

/**
 * `path` itself, or where `path`.xz is unpacked. The cache's key holds size and time of the packed file; unpacking goes to a
 * name of its own and is renamed, so two test workers can meet here.
 */
async function unpacked(path: string, imageName: string): Promise<string> {
  if (existsSync(path)) return path;
  const packed = `${path}.xz`;
  const { size, mtimeMs } = statSync(packed);
  const cache = join(tmpdir(), 'memlapse-test-images', `${imageName}-${size}-${Math.floor(mtimeMs)}`);
  const target = join(cache, basename(path));
  if (existsSync(target)) return target;
  await mkdir(cache, { recursive: true });
  const partial = `${target}.${randomUUID()}.partial`;
  await decompressXzTo(packed, partial);
  await rename(partial, target);
  return target;
}
