/**
 * Everything that a memory image can be wrapped in. Layers are peeled one by one, in any order.
 */
import { flattenedContainer } from '../flattened/read.js';
import type { Container } from '../format.js';
import { gzipContainer } from './gzip.js';
import { xzContainer } from './xz.js';
import { zstdContainer } from './zstd.js';

export const containers: readonly Container[] = [gzipContainer, xzContainer, zstdContainer, flattenedContainer];
