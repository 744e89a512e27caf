/**
 * Sockets in states that the guests were not stopped in: one thing in the memory of a real image is changed, and the row
 * must change in just that respect.
 */
import { expect, it } from 'vitest';
import netstat from '../../../src/analysis/linux/netstat.js';
import { SILENT_IO } from '../../../src/analysis/run-plugin.js';
import type { Row } from '../../../src/core/columns.js';
import { LinuxKernel } from '../../../src/objects/linux/kernel.js';
import { processes } from '../../../src/objects/linux/tasks.js';
import { type OpenedImage, onEveryImage } from '../on-every-image.js';
import { type Patch, patchedMemory } from '../patched-memory.js';

type Socket = Row<typeof netstat.columns>;

const rowsOf = (kernel: LinuxKernel): Socket[] => [...(netstat.rows(kernel, {}, SILENT_IO) as Iterable<Socket>)];

/** The rows that the image would give with bytes at these virtual addresses replaced. */
function changed(
  { kernel }: OpenedImage,
  ...changes: readonly (readonly [address: bigint, bytes: number[]])[]
): Socket[] {
  const patches = changes.map(([address, bytes]): Patch => {
    const at = kernel.space.translate(address);
    if (at.kind !== 'mapped') throw new Error(`nothing at ${address.toString(16)}`);
    return { physical: at.physical, bytes };
  });
  return rowsOf(new LinuxKernel(patchedMemory(kernel.memory, patches), kernel.location, kernel.profile));
}

/** The client's end of the TCP connection inside the guest. */
const clientOf = (rows: readonly Socket[]) =>
  rows.find(
    ({ protocol, process, state }) => protocol === 'tcp' && process === 'netclient' && state === 'ESTABLISHED',
  )!;

onEveryImage('netstat of changed memory', (opened) => {
  it.each([
    ['TIME_WAIT', 6],
    ['SYN_RECV', 12],
  ])('reads an entry in state %s without what only a whole socket has', (name, state) => {
    const { kernel } = opened();
    const client = clientOf(rowsOf(kernel));
    const sock = kernel.struct('sock', client.offset as bigint);
    const rows = changed(opened(), [sock.addressOf('__sk_common.skc_state'), [state]]);
    const { protocol, localAddress, localPort, remoteAddress, remotePort, namespace } = client;
    expect(rows.find(({ offset }) => offset === client.offset)).toMatchObject({
      ...{ protocol, localAddress, localPort, remoteAddress, remotePort, namespace },
      ...{ state: name, inode: undefined, uid: undefined, rxQueue: 0, txQueue: 0 },
    });
  });

  it('keeps a connection that no process has open any more, without an owner', () => {
    const { kernel } = opened();
    const client = clientOf(rowsOf(kernel));
    const task = [...processes(kernel)].find((each) => each.text('comm') === 'netclient')!;
    const table = task.follow('files')!.follow('fdt')!;
    const size = kernel.space.pointerSize;
    const slot = table.ptr('fd')! + BigInt(Number(client.fd) * size);
    const rows = changed(opened(), [slot, new Array(size).fill(0)]);
    const orphan = rows.find(({ offset }) => offset === client.offset);
    expect(orphan).toEqual({ ...client, pid: undefined, process: undefined, fd: undefined, owners: [] });
  });

  it('keeps a connection that was taken out of the tables, and says so', () => {
    const { kernel } = opened();
    const before = rowsOf(kernel);
    const unix = before.find(({ protocol, localAddress }) => protocol === 'unix' && localAddress === '@zoo-abstract')!;
    // Its bucket holds it alone: the head that leads to it is emptied.
    const sock = kernel.struct('sock', unix.offset as bigint);
    const back = sock.ptr('__sk_common.skc_node.pprev')!;
    const rows = changed(opened(), [back, new Array(kernel.space.pointerSize).fill(0)]);
    expect(rows.find(({ offset }) => offset === unix.offset)).toEqual({ ...unix, listed: false });
    expect(rows.length).toBe(before.length);
  });
});
