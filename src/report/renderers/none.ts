/** `none`: does the work and prints nothing: for timing and for extraction with `--output`. */
import type { RendererFactory } from '../renderer.js';

export const none: RendererFactory = () => ({ begin: () => '', row: () => '', end: () => '' });
