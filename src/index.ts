/** What `import … from 'memlapse'` gives. See docs/library.md. */

export { InvariantError, UserError } from './core/errors.js';
export { type JsonRow, type OpenedImage, openImage } from './library.js';
export type { PhysicalMemory } from './memory/physical-memory.js';
export type { LinuxKernel } from './objects/linux/kernel.js';
export type { StructView } from './objects/struct-view.js';
export type { WindowsKernel } from './objects/windows/kernel.js';
export type { OpenImageOptions } from './open/open-source.js';
