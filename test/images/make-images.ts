/**
 * Makes the set of real guest images that tests look for under MEMLAPSE_IMAGES: one directory an image with mem.raw,
 * groundtruth.txt, registers.txt, command.txt, and further formats of the same memory.
 *
 *   npx tsx test/images/make-images.ts OUT_DIR [NAME …]
 *
 * MEMLAPSE_GUEST names the guest directory (init, zoo.c, bench.c); ../shared/guest when unset. Without names, all of
 * recipes.ts is made; an image that has a mem.raw already is left alone. Run install-packages.sh first.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { saveFormat, saveRaw } from './capture-formats.js';
import { guestRecipes, imageRecipes } from './recipes.js';
import { withStoppedGuest } from './stopped-guest.js';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');
const guestSource = resolve(process.env.MEMLAPSE_GUEST ?? join(repository, '../shared/guest'));

async function makeGuest(name: string, outDir: string): Promise<string> {
  const recipe = guestRecipes[name]!;
  const dir = join(outDir, '.build/guests', name);
  if (!existsSync(join(dir, 'initrd.gz'))) {
    const script = join(import.meta.dirname, 'build-guest.sh');
    await run(script, [guestSource, recipe.kernelPackage, recipe.arch, dir]);
  }
  return dir;
}

async function makeImage(name: string, outDir: string): Promise<void> {
  const recipe = imageRecipes[name]!;
  const guestDir = await makeGuest(recipe.guest, outDir);
  // Made aside and renamed, so that a directory with a name is always a whole image.
  const partial = join(outDir, '.build', `${name}.partial`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  for (const format of recipe.formats) {
    if (format.by === 'savevm') await run('qemu-img', ['create', '-f', 'qcow2', join(partial, format.file), '1G']);
  }
  await withStoppedGuest(recipe, guestDir, partial, async (monitor) => {
    await saveRaw(monitor, recipe, partial);
    for (const format of recipe.formats) await saveFormat(monitor, format, partial);
  });
  // QEMU writes some files readable by their owner only.
  for (const file of await readdir(partial)) await chmod(join(partial, file), 0o644);
  await rename(partial, join(outDir, name));
}

const [target, ...wanted] = process.argv.slice(2);
const names = wanted.length > 0 ? wanted : Object.keys(imageRecipes);
const unknown = names.filter((name) => !(name in imageRecipes));
if (target === undefined || unknown.length > 0) {
  console.error(`usage: make-images.ts OUT_DIR [NAME …]   names: ${Object.keys(imageRecipes).join(' ')}`);
  process.exit(2);
}
const outDir = resolve(target);
for (const name of names) {
  if (existsSync(join(outDir, name, 'mem.raw'))) continue;
  const start = performance.now();
  await makeImage(name, outDir);
  console.error(`${name}: made in ${((performance.now() - start) / 1000).toFixed(0)} s`);
}
