/** `hollowprocesses`: processes whose program is not what it should be: another one is mapped, or none. */
import { column } from '../../core/columns.js';
import { imageRanges } from '../../objects/windows/image-ranges.js';
import { moduleFacts, processModules } from '../../objects/windows/loaded-modules.js';
import { mappedImage } from '../../objects/windows/mapped-image.js';
import { processEnvironment } from '../../objects/windows/process-environment.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { programPath } from '../../objects/windows/section-file.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

export default definePlugin({
  name: 'hollowprocesses',
  scope: 'windows',
  summary: 'Find processes whose program was replaced',
  description:
    'Compares the file that a process was made from, the image base in its environment block, what is mapped there, and the ' +
    'first entry of its loader. Process hollowing unmaps the program and puts another one in private memory. With --all the ' +
    'processes that are in order too.',
  aliases: ['windows.hollowprocesses.HollowProcesses', 'windows.malware.hollowprocesses.HollowProcesses'],
  examples: ['windows hollowprocesses -f memory.raw'],
  options: { pid: COMMON_OPTIONS.pid, all: option.boolean('Also those that are in order') },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    base: column.address('Where its environment block says that the program is'),
    program: column.text('File that the process was made from'),
    mapped: column.text('Image that is mapped there'),
    listed: column.text('Name that its loader has for it'),
    reasons: column.list('What does not fit'),
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      const environment = selected(options.pid, pid) ? processEnvironment(kernel, process) : undefined;
      if (environment === undefined) continue;
      const base = environment.block.ptr('ImageBaseAddress');
      if (base === undefined) continue;
      const program = programPath(kernel, process);
      const mapped = [...imageRanges(kernel, process)].find(({ start }) => start === base);
      const [first] = processModules(environment);
      const listed = first && moduleFacts(first);
      const reasons: string[] = [];
      if (mapped === undefined) {
        reasons.push('no image is mapped where the program should be');
        if (mappedImage(environment.space, base) !== undefined) reasons.push('private memory there holds an image');
      } else if (program !== undefined && mapped.path !== undefined && !sameFile(program, mapped.path)) {
        reasons.push('another file is mapped');
      }
      if (listed !== undefined && listed.base !== base) reasons.push('the loader has it elsewhere');
      const section = process.ptr('SectionBaseAddress');
      if (section !== undefined && section !== base) reasons.push('the kernel made it elsewhere');
      if (reasons.length === 0 && options.all !== true) continue;
      yield { pid, process: processName(process), base, program, mapped: mapped?.path, listed: listed?.name, reasons };
    }
  },
});

function sameFile(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
