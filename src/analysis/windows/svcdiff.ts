/** `svcdiff`: services that the service controller and the registry do not agree on, which is how hidden ones show. */
import { column } from '../../core/columns.js';
import { registeredServices } from '../../objects/windows/services/registered-services.js';
import { SERVICE_STARTS, SERVICE_STATES, serviceTypeName } from '../../objects/windows/services/service-names.js';
import { serviceRecords } from '../../objects/windows/services/service-records.js';
import { unixTime } from '../../objects/windows/times.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'svcdiff',
  scope: 'windows',
  summary: 'Compare the services of the controller with the registry',
  description:
    'Services that are in only one of the two places, or start differently in them. The controller reads the registry when the ' +
    'machine starts: services that were registered behind its back, or whose key was removed, have a row.',
  aliases: ['windows.svcdiff.SvcDiff', 'windows.malware.svcdiff.SvcDiff'],
  examples: ['windows svcdiff -f memory.raw'],
  columns: {
    name: column.text('Name of the service'),
    controller: column.boolean('The service controller knows it'),
    registry: column.boolean('The registry has it'),
    difference: column.text('What does not agree'),
    state: column.text('State, by the controller'),
    type: column.text('Driver or process'),
    imagePath: column.text('Command line in the registry'),
    lastWritten: column.time('When its key was written last'),
  },
  *rows(kernel) {
    const known = new Map([...serviceRecords(kernel)].map((each) => [each.name.toLowerCase(), each]));
    const seen = new Set<string>();
    for (const { name, type, start, imagePath, lastWritten } of registeredServices(kernel)) {
      const record = known.get(name.toLowerCase());
      seen.add(name.toLowerCase());
      const difference =
        record === undefined
          ? 'not known to the controller'
          : start !== undefined && start !== record.start
            ? `starts ${SERVICE_STARTS[start] ?? start} by the registry, ${SERVICE_STARTS[record.start]} by the controller`
            : undefined;
      if (difference === undefined) continue;
      yield {
        name,
        controller: record !== undefined,
        registry: true,
        difference,
        state: record && SERVICE_STATES[record.state],
        type: type === undefined ? undefined : serviceTypeName(type),
        imagePath,
        lastWritten: unixTime(lastWritten),
      };
    }
    for (const [key, { name, state, type }] of known) {
      if (seen.has(key)) continue;
      const facts = { state: SERVICE_STATES[state], type: serviceTypeName(type) };
      yield { name, controller: true, registry: false, difference: 'not in the registry', ...facts };
    }
  },
});
