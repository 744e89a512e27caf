/** `info`: what the image is, which kernel runs in it, and where its symbols come from. */
import { hex } from '../../core/address.js';
import { column } from '../../core/columns.js';
import { isoTime } from '../../core/iso-time.js';
import { bootTime, wallTime } from '../../objects/linux/clock.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import type { WindowsKernel } from '../../objects/windows/kernel.js';
import { systemRoot, systemTime } from '../../objects/windows/shared-data.js';
import type { Image } from '../image.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'info',
  scope: 'image',
  common: true,
  summary: 'Say what the image is and which kernel was found in it',
  aliases: ['windows.info.Info', 'linux.vmcoreinfo.VMCoreInfo'],
  examples: ['info -f memory.raw', 'info -f memory.raw --json'],
  columns: {
    fact: column.text('What is said'),
    value: column.text('Its value'),
  },
  *rows(image) {
    yield* facts(aboutMemory(image));
    if (image.linux !== undefined) yield* facts(aboutLinux(image.linux));
    if (image.windows !== undefined) yield* facts(aboutWindows(image.windows));
    if (image.kernel === undefined) yield { fact: 'operating system', value: 'none found' };
  },
});

type Fact = readonly [fact: string, value: string | undefined];

function* facts(pairs: Iterable<Fact>) {
  for (const [fact, value] of pairs) yield { fact, value };
}

function* aboutMemory({ name, memory }: Image): Generator<Fact> {
  yield ['image', name];
  yield ['format', memory.format];
  const bytes = memory.ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  yield ['memory', `${bytes} bytes in ${memory.ranges.length} range${memory.ranges.length === 1 ? '' : 's'}`];
  yield ['highest address', hex(memory.end)];
  for (const [index, { cr3, rip }] of memory.registers.entries()) {
    yield [`processor ${index}`, `cr3 ${hex(cr3)}${rip === undefined ? '' : ` rip ${hex(rip)}`}`];
  }
  for (const note of memory.notes) yield ['note', note];
}

function* aboutLinux(kernel: LinuxKernel): Generator<Fact> {
  const { location, profile } = kernel;
  const time = (value: bigint | undefined) => (value === undefined ? undefined : isoTime(value));
  yield ['operating system', 'linux'];
  yield ['release', profile.release];
  yield ['banner', profile.banner];
  yield ['architecture', location.architecture];
  yield ['paging', location.paging];
  yield ['page table root', hex(location.dtb)];
  yield ['kaslr offset', hex(location.kaslrOffset)];
  yield ['physical base', `${location.physBase < 0 ? '-' : ''}${hex(Math.abs(location.physBase))}`];
  for (const source of profile.sources) yield ['profile', source];
  yield ['booted', time(bootTime(kernel))];
  yield ['wall clock', time(wallTime(kernel))];
}

function* aboutWindows(kernel: WindowsKernel): Generator<Fact> {
  const { location, profile } = kernel;
  const time = systemTime(kernel);
  yield ['operating system', kernel.isReactOS ? 'windows (ReactOS)' : 'windows'];
  yield ['release', profile.release];
  yield ['kernel', profile.banner];
  yield ['architecture', location.architecture];
  yield ['paging', location.paging];
  yield ['page table root', hex(location.dtb)];
  yield ['kernel base', hex(location.base)];
  for (const source of profile.sources) yield ['profile', source];
  yield ['system root', systemRoot(kernel)];
  yield ['wall clock', time === undefined ? undefined : isoTime(time)];
}
