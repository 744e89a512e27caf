/** `driverirp`: which routine of each driver answers which kind of request, and whose code it is. */
import { column } from '../../core/columns.js';
import { driverObjects, MAJOR_FUNCTIONS } from '../../objects/windows/driver-objects.js';
import { codeAt, moduleAt } from '../../objects/windows/module-ranges.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'driverirp',
  scope: 'windows',
  summary: 'List the routines that answer the requests to each driver',
  description:
    'The dispatch table of every driver object. A routine in no module is marked as suspicious. One that is neither in the ' +
    'driver nor in the kernel (whose routine refuses what a driver has none for) is foreign: miniport drivers leave their ' +
    'requests to the port driver, which is in order; a hook looks the same.',
  aliases: ['windows.driverirp.DriverIrp'],
  examples: ['windows driverirp -f memory.raw --filter suspicious=true'],
  columns: {
    driver: column.text('Name of the driver'),
    request: column.text('Kind of request (IRP_MJ_…)'),
    address: column.address('Address of the routine'),
    module: column.text('Kernel module that it lies in'),
    symbol: column.text('Name of the routine, where its symbol is known'),
    foreign: column.boolean('It lies neither in the driver nor in the kernel'),
    suspicious: column.boolean('It lies in no module'),
    offset: column.address('Address of the _DRIVER_OBJECT', { quiet: true }),
  },
  *rows(kernel, _options, io) {
    const kernelName = moduleAt(kernel, kernel.location.base);
    for (const { view, name } of driverObjects(kernel, () => io.progress(0, 0, 'looking for drivers'))) {
      const start = view.ptr('DriverStart') ?? 0n;
      const end = start + BigInt(view.num('DriverSize') ?? 0);
      for (const [index, address] of (view.pointers('MajorFunction') ?? []).entries()) {
        const place = codeAt(kernel, address);
        const isOwn = address >= start && address < end;
        const foreign = !isOwn && place.module !== kernelName;
        const suspicious = place.module === undefined;
        yield {
          driver: name,
          request: MAJOR_FUNCTIONS[index],
          address,
          ...place,
          foreign,
          suspicious,
          offset: view.address,
        };
      }
    }
  },
});
