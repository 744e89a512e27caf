/**
 * Unix sockets: their names, states and peers. Paths are as bound, not resolved through mounts.
 *
 * Source: include/net/af_unix.h, net/unix/af_unix.c (`unix_seq_show`: abstract names begin with `@`, as do NULs inside).
 */
import { utf8Text } from '../../../core/bytes.js';
import { readBytes, type StructView } from '../../struct-view.js';
import type { LinuxKernel } from '../kernel.js';
import { OTHER_STATES } from './names.js';
import type { FamilyFacts } from './socket-facts.js';

/** sizeof(sun_family), and of `sun_path`. */
const FAMILY_BYTES = 2;
const MAX_PATH = 108;

export function unixSocketFacts(kernel: LinuxKernel, sock: StructView): FamilyFacts {
  const peer = sock.as('unix_sock').ptr('peer');
  const state = sock.num('__sk_common.skc_state');
  return {
    protocol: 'unix',
    local: { address: unixName(sock) },
    remote: { address: peer === undefined || peer === 0n ? undefined : unixName(kernel.struct('sock', peer)) },
    state: state === undefined ? undefined : OTHER_STATES[state],
    peer: peer === 0n ? undefined : peer,
  };
}

/** The name that a socket is bound to; undefined when it is bound to none. */
function unixName(sock: StructView): string | undefined {
  const address = sock.as('unix_sock').follow('addr');
  const length = address?.num('len');
  if (address === undefined || length === undefined || length <= FAMILY_BYTES) return undefined;
  const bytes = readBytes(
    sock.context,
    address.addressOf('name') + BigInt(FAMILY_BYTES),
    Math.min(length - FAMILY_BYTES, MAX_PATH),
  );
  if (bytes === undefined || bytes[0] !== 0) return bytes && utf8Text(bytes);
  return utf8Text(Uint8Array.from(bytes, (byte) => (byte === 0 ? 0x40 : byte)));
}
