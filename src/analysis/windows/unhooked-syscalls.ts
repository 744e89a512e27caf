/** `unhooked-syscalls`: entry points of system calls in ntdll that differ between processes. */
import { column } from '../../core/columns.js';
import { peExports } from '../../formats/pe/exports.js';
import { imagePlaces } from '../../objects/windows/image-places.js';
import { mappedBytes, mappedImage } from '../../objects/windows/mapped-image.js';
import { definePlugin } from '../plugin.js';

/** The number of the call and the way into the kernel; the shortest stub, of 5.x, has 15 bytes. */
const CODE_BYTES = 12;

interface Copy {
  readonly pid: number;
  readonly process: string | undefined;
  readonly code: string;
}

export default definePlugin({
  name: 'unhooked-syscalls',
  scope: 'windows',
  summary: 'Find system calls whose code in ntdll differs between processes',
  description:
    'The first bytes of every Nt… function of ntdll in every process. Security products hook them in all processes; malware ' +
    'removes such hooks, or sets its own, in one: that one differs. Functions that are the same everywhere have no row.',
  aliases: ['windows.unhooked_system_calls.unhooked_system_calls'],
  examples: ['windows unhooked-syscalls -f memory.raw'],
  columns: {
    function: column.text('Name of the function'),
    pid: column.integer('Process whose copy differs from that of most'),
    process: column.text('Name of the process'),
    code: column.text('First bytes of its copy'),
    usual: column.text('First bytes of what most have'),
    copies: column.integer('How many processes have the usual ones'),
  },
  *rows(kernel) {
    const copies = new Map<string, Copy[]>();
    const exportsAt = new Map<bigint, { name: string; rva: number }[]>();
    for (const { pid, process, name, base, space } of imagePlaces(kernel, () => true, false)) {
      if (pid === undefined || name?.toLowerCase() !== 'ntdll.dll') continue;
      let functions = exportsAt.get(base);
      if (functions === undefined) {
        const image = mappedImage(space, base);
        functions = image === undefined ? [] : peExports(image).filter((each) => /^Nt[A-Z]/.test(each.name));
        if (functions.length > 0) exportsAt.set(base, functions);
      }
      for (const { name: call, rva } of functions) {
        const bytes = mappedBytes(space, base, rva, CODE_BYTES);
        // Pages that this process has not in memory say nothing.
        if (bytes.length < CODE_BYTES) continue;
        const key = `${base} ${call}`;
        const code = Buffer.from(bytes).toString('hex');
        copies.set(key, [...(copies.get(key) ?? []), { pid, process, code }]);
      }
    }
    for (const [key, all] of copies) yield* differing(key.slice(key.indexOf(' ') + 1), all);
  },
});

function* differing(name: string, copies: readonly Copy[]) {
  const counts = new Map<string, number>();
  for (const { code } of copies) counts.set(code, (counts.get(code) ?? 0) + 1);
  if (counts.size < 2) return;
  const [usual, count] = [...counts].reduce((best, each) => (each[1] > best[1] ? each : best));
  for (const { pid, process, code } of copies) {
    if (code !== usual) yield { function: name, pid, process, code, usual, copies: count };
  }
}
