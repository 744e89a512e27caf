/** What the guest commands take and print. */
import * as Args from '@oclif/core/args';
import { column, type Row } from '../core/columns.js';
import type { KnownGuest } from '../guests/known-guests.js';
import { textValue } from '../report/values.js';
import type { FACT_COLUMNS } from './snapshot-rows.js';

export const GUEST_WORD = Args.string({ required: true, description: 'Guest file, or the name of a kept guest' });

export const GUEST_COLUMNS = {
  name: column.text('Name of the guest'),
  cpu: column.text('Processor'),
  memory: column.size('Bytes of memory'),
  kernel: column.text('Kernel', { quiet: true }),
  initrd: column.text('Initial root', { quiet: true }),
  disks: column.list('Raw disk images'),
  append: column.text('Kernel command line'),
  file: column.text('The guest file'),
};

const PROCESSORS = { 64: 'x86-64', 32: 'i686' } as const;

export function guestRow({ path, guest }: KnownGuest): Row<typeof GUEST_COLUMNS> {
  const { name, cpu, memory, kernel, initrd, disks, append } = guest;
  return { name, cpu: PROCESSORS[cpu], memory, kernel, initrd, disks: disks ?? [], append, file: path };
}

/** One guest, a fact a row. */
export function guestFacts(known: KnownGuest): Row<typeof FACT_COLUMNS>[] {
  const row = guestRow(known);
  return Object.entries(GUEST_COLUMNS).map(([fact, each]) => ({
    fact,
    value: textValue(each, row[fact as keyof typeof GUEST_COLUMNS]),
  }));
}

export const CHECK_COLUMNS = {
  part: column.text('What was looked at'),
  file: column.text('The file'),
  is: column.text('What it is'),
  problem: column.text('What is wrong with it'),
};
