/** `verinfo`: what images say about themselves: version, maker, original name. */
import { column } from '../../core/columns.js';
import { versionInfo } from '../../formats/pe/version-info.js';
import { imagePlaces } from '../../objects/windows/image-places.js';
import { mappedImage } from '../../objects/windows/mapped-image.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'verinfo',
  scope: 'windows',
  summary: 'Show the version resources of programs, libraries and drivers',
  description:
    'For every image on the list of the kernel and of each process. Images without a version resource, or whose resources ' +
    'are not in memory, have a row without version.',
  aliases: ['windows.verinfo.VerInfo'],
  examples: ['windows verinfo -f memory.raw --pid 1052'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id; none for the kernel and drivers'),
    process: column.text('Name of the process'),
    base: column.address('First address of the image'),
    name: column.text('Name of the file'),
    fileVersion: column.text('Version of the file'),
    productVersion: column.text('Version of the product'),
    company: column.text('Maker'),
    description: column.text('What it is'),
    originalName: column.text('Name that it was made with'),
    path: column.text('File it was loaded from', { quiet: true }),
  },
  *rows(kernel, options) {
    const isAll = options.pid === undefined || options.pid.length === 0;
    for (const { space, ...place } of imagePlaces(kernel, (pid) => selected(options.pid, pid), isAll)) {
      const image = mappedImage(space, place.base);
      const info = image && versionInfo(image);
      yield {
        ...place,
        fileVersion: info?.fileVersion,
        productVersion: info?.productVersion,
        company: info?.strings.get('CompanyName'),
        description: info?.strings.get('FileDescription'),
        originalName: info?.strings.get('OriginalFilename'),
      };
    }
  },
});
