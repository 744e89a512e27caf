/** Writes memory to a file for other tools, with what they need beside memory: `convert` and `snapshot export`. */
import { type ConvertOptions, convertImage, type WrittenFormat } from '../formats/convert-image.js';
import type { WriteReport } from '../formats/sinks/write-ranges.js';
import type { PhysicalMemory } from '../memory/physical-memory.js';
import { withVmcoreinfo } from '../profiles/linux/with-vmcoreinfo.js';

/** As `convertImage`; an ELF core, which has a place for it, also gets the VMCOREINFO that lies in a Linux guest's memory. */
export function exportMemory(
  memory: PhysicalMemory,
  format: WrittenFormat,
  path: string,
  options?: ConvertOptions,
): Promise<WriteReport> {
  return convertImage(format === 'elf' ? withVmcoreinfo(memory) : memory, format, path, options);
}
