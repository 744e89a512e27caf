import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromNetwork16, hardwareText, ipv4Text, ipv6Text } from '../../src/objects/network-addresses.js';

/** Node's own text of an IPv6 address, from its eight groups. */
function nodeText(bytes: Uint8Array): string {
  const groups = Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? [];
  return new SocketAddress({ family: 'ipv6', address: groups.join(':') }).address;
}

/** Bytes with many zeros, so that runs of zero groups occur. */
const sparse = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 255 })), {
  minLength: 16,
  maxLength: 16,
});

it('writes IPv6 addresses as Node does', () => {
  fc.assert(
    fc.property(sparse, (values) => {
      const bytes = Uint8Array.from(values);
      const text = nodeText(bytes);
      // Node writes the deprecated IPv4-compatible form (::1.2.3.4) with dots; RFC 5952 does not.
      fc.pre(!text.includes('.') || text.startsWith('::ffff:'));
      expect(ipv6Text(bytes)).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

it.each([
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['fe800000000000000c5122fffe477654', 'fe80::c51:22ff:fe47:7654'],
  ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  ['00000000000000000000ffff0a090801', '::ffff:10.9.8.1'],
])('writes %s as RFC 5952 has it', (digits, text) => {
  expect(ipv6Text(Buffer.from(digits, 'hex'))).toBe(text);
});

it('writes IPv4 and hardware addresses', () => {
  expect(ipv4Text(Uint8Array.of(10, 9, 8, 1))).toBe('10.9.8.1');
  expect(hardwareText(Uint8Array.of(0x0e, 0x51, 0x22, 0, 0x76, 0x54))).toBe('0e:51:22:00:76:54');
  expect(fromNetwork16(0x611e)).toBe(7777);
});
