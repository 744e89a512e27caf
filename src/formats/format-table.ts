/**
 * Every memory format that is read, in the order in which they are asked. A new format is a folder and a row here.
 */
import { avmlFormat } from './avml/read.js';
import { crashDumpFormat } from './crashdump/read.js';
import { elfCoreFormat } from './elf-core/read.js';
import type { MemoryFormat } from './format.js';
import { hibernationFormat } from './hibernation/read.js';
import { kdumpFormat } from './kdump/read.js';
import { limeFormat } from './lime/read.js';
import { qemuMigrationFormat } from './qemu-migration/read.js';
import { rawFormat } from './raw/read.js';
import { vmwareMemoryFormat, vmwareStateFormat } from './vmware/read.js';

/** Raw takes everything, so it is last; memory files of VMware are raw but for what lies beside them. */
export const memoryFormats: readonly MemoryFormat[] = [
  elfCoreFormat,
  limeFormat,
  avmlFormat,
  kdumpFormat,
  crashDumpFormat,
  hibernationFormat,
  qemuMigrationFormat,
  vmwareStateFormat,
  vmwareMemoryFormat,
  rawFormat,
];
