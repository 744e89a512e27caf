/**
 * memlapse as a library: open an image, run plugins, get rows as objects.
 *
 * The same analysis as the command line, without its flags and its rendering.
 */
export { Image } from './analysis/image.js';
export type { Plugin } from './analysis/plugin.js';
