/** Routes are those of /proc/net/route and, for the local table, those that the guest's addresses demand. */
import { expect, it } from 'vitest';
import routes from '../../../src/analysis/linux/routes.js';
import { onEveryImage } from '../on-every-image.js';

const MAIN = 254;
const LOCAL = 255;

/** `0008090A` as /proc/net/route prints an address: the processor's reading of it. */
const address = (digits: string) => Buffer.from(digits, 'hex').swap32().join('.');
const prefixLength = (mask: string) =>
  Buffer.from(mask, 'hex').reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);

onEveryImage('routes', (opened) => {
  it('has the main table of /proc/net/route', async () => {
    const { rows, truth } = opened();
    const lines = (truth.sections.get('net/route') ?? []).slice(1).map((line) => line.trim().split(/\s+/));
    const expected = lines.map(([iface, destination, gateway, , , , metric, mask]) => ({
      interface: iface,
      destination: address(destination!),
      prefixLength: prefixLength(mask!),
      gateway: gateway === '00000000' ? undefined : address(gateway!),
      priority: Number(metric),
      type: 'unicast',
    }));
    const main = (await rows(routes)).filter(({ table }) => table === MAIN);
    expect(
      main.map(({ interface: iface, destination, prefixLength: bits, gateway, priority, type }) => {
        return { interface: iface, destination, prefixLength: bits, gateway, priority, type };
      }),
    ).toEqual(expected);
    expect(expected.length).toBe(1);
  });

  it('has the local routes that the addresses make', async () => {
    const { rows, truth } = opened();
    const own = truth.interfaces.flatMap(({ name, addresses }) =>
      addresses.filter(({ family }) => family === 'inet').map((each) => ({ ...each, name })),
    );
    const local = (await rows(routes)).filter(({ table }) => table === LOCAL);
    const of = (wanted: string) =>
      local
        .filter(({ type, prefixLength: bits }) => type === wanted && bits === 32)
        .map((row) => `${row.destination} ${row.interface}`);
    expect(of('local').sort()).toEqual(own.map((each) => `${each.address} ${each.name}`).sort());
    // The last address of each network; the loopback network is local as a whole.
    expect(of('broadcast').sort()).toEqual(['10.9.8.255 vzoo0', '127.255.255.255 lo']);
    expect(
      local.filter(({ prefixLength: bits }) => bits !== 32).map((row) => `${row.destination}/${row.prefixLength}`),
    ).toEqual(['127.0.0.0/8']);
    expect((await rows(routes)).length).toBe(local.length + 1);
  });
});
