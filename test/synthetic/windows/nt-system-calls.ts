/** The system-call table of a synthetic NT guest, and the code of a routine of the kernel. */
import type { NtGuest } from './nt-guest.js';

const PAGE = 4096;

/** Places of the routines, by number of the call; the last one lies in a driver. */
export const SYSTEM_CALLS = ['ntoskrnl.exe+0x1100', 'ntoskrnl.exe+0x1240', 'disk.sys+0x3000'] as const;

/** Code of KeBugCheckEx, as far as it goes: what objdump makes of it is `texts`. */
export const CODE = {
  symbol: 'KeBugCheckEx',
  bytes: '48894c240848895424109c4883ec30c3',
  texts: ['mov QWORD PTR [rsp+0x8],rcx', 'mov QWORD PTR [rsp+0x10],rdx', 'pushf', 'sub rsp,0x30', 'ret'],
} as const;

/** Writes descriptors, table and code. */
export function writeSystemCalls(guest: NtGuest): void {
  const { memory } = guest;
  const table = guest.symbol('KiServiceTable');
  SYSTEM_CALLS.forEach((place, index) => {
    // Distance from the table, with the number of stack arguments in the lowest four bits.
    const distance = guest.resolve(place) - table;
    memory.integer(table + BigInt(index * 4), 4, BigInt.asUintN(32, (distance << 4n) | BigInt(index)));
  });
  for (const name of ['KeServiceDescriptorTable', 'KeServiceDescriptorTableShadow']) {
    const descriptor = guest.symbol(name);
    memory.pointer(descriptor, table);
    memory.integer(descriptor + 16n, 4, SYSTEM_CALLS.length);
  }
  // The routine ends at a page's end in some builds; what is read ahead has to be there.
  memory.write(guest.symbol(CODE.symbol), Buffer.concat([Buffer.from(CODE.bytes, 'hex'), Buffer.alloc(PAGE)]));
}
