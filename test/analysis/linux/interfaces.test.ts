/** Interfaces and addresses of the first namespace are those that `ip addr` and /proc/net/if_inet6 printed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image } from '../../../src/analysis/image.js';
import addresses from '../../../src/analysis/linux/addresses.js';
import interfaces from '../../../src/analysis/linux/interfaces.js';
import type { Row } from '../../../src/core/columns.js';
import type { GroundTruth } from '../../ground-truth/ground-truth.js';
import { openTestImage, typedLinuxImages, wholeRows } from '../test-kernels.js';

type Interface = Row<typeof interfaces.columns>;
type Address = Row<typeof addresses.columns>;

const found = typedLinuxImages();

/** What busybox's `ip` has no name for in these guests. */
const IFF_PROMISC = 0x100;

describe.skipIf(found.length === 0)('interfaces and addresses on real images (skipped when none is found)', () => {
  describe.each(found)('$name', (test) => {
    let image: Image;
    let truth: GroundTruth;
    let links: Interface[];
    let all: Address[];
    let namespace: number | undefined;

    beforeAll(async () => {
      image = await openTestImage(test);
      truth = await test.truth();
      links = await wholeRows<Interface>(image, interfaces);
      all = await wholeRows<Address>(image, addresses);
      namespace = truth.processes.get(1)?.namespaces?.get('net');
    });
    afterAll(() => image.close());

    it('has the interfaces of ip addr with their flags', () => {
      const expected = truth.interfaces.map(({ index, name, mtu, hardwareAddress, flags, otherFlags }) => ({
        index,
        name,
        mtu,
        hardwareAddress,
        flags: [...flags, ...(otherFlags & IFF_PROMISC ? ['PROMISC'] : [])].sort(),
      }));
      const rows = links
        .filter((row) => row.namespace === namespace)
        .map(({ index, name, mtu, hardwareAddress, flags }) => ({
          index,
          name,
          mtu,
          hardwareAddress,
          // RUNNING is in ifconfig's output; `ip` shows LOWER_UP instead.
          flags: (flags ?? []).filter((flag) => flag !== 'RUNNING').sort(),
        }));
      expect(rows).toEqual(expected);
      expect(truth.interfaces.every(({ otherFlags }) => (otherFlags & ~IFF_PROMISC) === 0)).toBe(true);
    });

    it('agrees with ifconfig about RUNNING', () => {
      const printed = truth.sections.get('ifconfig')?.join('\n').split(/\n\n/) ?? [];
      for (const { name, flags } of links.filter((row) => row.namespace === namespace)) {
        const block = printed.find((each) => each.startsWith(`${name} `));
        expect(flags?.includes('RUNNING')).toBe(/\bRUNNING\b/.test(block ?? ''));
      }
    });

    it('has the queueing disciplines and queue lengths of ip addr', () => {
      const lines = truth.sections.get('ipaddr')?.filter((each) => /^\d+: /.test(each)) ?? [];
      const rows = links.filter((row) => row.namespace === namespace);
      expect(rows.map((row) => `qdisc ${row.queueing} qlen ${row.queueLength}`)).toEqual(
        lines.map((each) => /qdisc \S+ qlen \d+/.exec(each)?.[0]),
      );
      expect(rows.find((row) => row.name === 'vzoo0')?.kind).toBe('veth');
    });

    it('has a loopback that is down in the other namespace', () => {
      const others = links.filter((row) => row.namespace !== namespace);
      expect(others.map(({ name, flags }) => ({ name, flags }))).toEqual([{ name: 'lo', flags: ['LOOPBACK'] }]);
    });

    it('has the addresses of ip addr', () => {
      const expected = truth.interfaces.flatMap(({ name, addresses: own }) =>
        own.map(({ family, address, prefixLength, scope }) => ({
          interface: name,
          family,
          address,
          prefixLength,
          scope,
        })),
      );
      const rows = all.map((row) => ({
        interface: row.interface,
        family: row.family,
        address: row.address,
        prefixLength: row.prefixLength,
        scope: row.scope,
      }));
      expect(rows).toEqual(expected);
      expect(all.every((row) => row.namespace === namespace)).toBe(true);
    });

    it('has the flags of /proc/net/if_inet6', () => {
      expect(truth.ifInet6.every(({ flags }) => flags === 0x80)).toBe(true);
      const v6 = all.filter(({ family }) => family === 'inet6');
      expect(v6.map(({ address, flags }) => `${address} ${flags}`).sort()).toEqual(
        truth.ifInet6.map(({ address }) => `${address} permanent`).sort(),
      );
    });
  });
});
