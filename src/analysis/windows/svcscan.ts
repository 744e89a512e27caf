/** `svcscan`: services as the service controller knows them, with what the registry says of each. */
import { column } from '../../core/columns.js';
import { registeredServices } from '../../objects/windows/services/registered-services.js';
import { SERVICE_STARTS, SERVICE_STATES, serviceTypeName } from '../../objects/windows/services/service-names.js';
import { serviceRecords } from '../../objects/windows/services/service-records.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'svcscan',
  scope: 'windows',
  summary: 'List the services with their state and process',
  description:
    'Records in the memory of services.exe, found by their tags and by their links, so that those taken off the list are among ' +
    "them. Command lines and libraries of services that do not run are the registry's. How records look is known for Windows XP " +
    'to 11 and for ReactOS.',
  aliases: ['windows.svcscan.SvcScan', 'windows.svclist.SvcList', 'svclist'],
  examples: ['windows svcscan -f memory.raw --filter state=RUNNING'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    name: column.text('Name of the service'),
    displayName: column.text('Name for people'),
    state: column.text('RUNNING, STOPPED, …'),
    start: column.text('When it is started: BOOT, SYSTEM, AUTO, DEMAND, DISABLED'),
    type: column.text('Driver or process, shared or of its own'),
    pid: column.integer('Process id, of running ones'),
    binary: column.text('Command line, or driver'),
    registered: column.text('Command line in the registry'),
    library: column.text('Library in the registry, of services in shared processes'),
    offset: column.address('Address of the record', { quiet: true }),
  },
  *rows(kernel, options) {
    const registered = new Map([...registeredServices(kernel)].map((each) => [each.name.toLowerCase(), each]));
    for (const { name, displayName, type, state, start, pid, binary, offset } of serviceRecords(kernel)) {
      if (!selected(options.pid, pid)) continue;
      const known = registered.get(name.toLowerCase());
      yield {
        name,
        displayName,
        state: SERVICE_STATES[state],
        start: SERVICE_STARTS[start],
        type: serviceTypeName(type),
        pid,
        binary,
        registered: known?.imagePath,
        library: known?.library,
        offset,
      };
    }
  },
});
