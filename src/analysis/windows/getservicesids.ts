/** `getservicesids`: the security identifiers of the services in the registry. */
import { column } from '../../core/columns.js';
import { registryKey } from '../../objects/windows/registry/registry.js';
import { serviceSid } from '../../objects/windows/service-sid.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'getservicesids',
  scope: 'windows',
  summary: 'List the security identifiers of services',
  description: 'Made from the names of the services in the registry, as the service controller makes them.',
  aliases: ['windows.getservicesids.GetServiceSIDs'],
  examples: ['windows getservicesids -f memory.raw'],
  columns: { sid: column.text('Security identifier'), service: column.text('Name of the service') },
  *rows(kernel) {
    const services = registryKey(kernel, '\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Services');
    for (const { name } of services?.subkeys() ?? []) yield { sid: serviceSid(name), service: name };
  },
});
