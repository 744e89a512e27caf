/**
 * Everything that a memory image can be wrapped in. Layers are peeled one by one, in any order.
 */
import { flattenedContainer } from '../flattened/read.js';
import type { Container } from '../format.js';
import { libvirtSaveContainer } from '../libvirt-save/read.js';
import { qcow2Container } from '../qcow2/read.js';
import { gzipContainer } from './gzip.js';
import { xzContainer } from './xz.js';
import { zstdContainer } from './zstd.js';

export const containers: readonly Container[] = [
  gzipContainer,
  xzContainer,
  zstdContainer,
  flattenedContainer,
  qcow2Container,
  libvirtSaveContainer,
];
