/** Boots a Linux guest in v86, the peer for 32-bit guests: `v86-guest.ts BIOS-FOLDER KERNEL INITRD COMMAND-LINE`. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { V86 } from 'v86';

const [bios = '', kernel = '', initrd = '', cmdline = ''] = process.argv.slice(2);
const buffer = (path: string) => ({ buffer: new Uint8Array(readFileSync(path)).buffer });
/** v86 does not tell of a power-off, and has no ACPI unless asked; this is the kernel's last line with it and without. */
const LAST = /reboot: (?:Power down|System halted)$/;
let line = '';

const emulator = new V86({
  wasm_path: join(dirname(createRequire(import.meta.url).resolve('v86')), 'v86.wasm'),
  memory_size: 256 * 2 ** 20,
  bios: buffer(join(bios, 'bios.bin')),
  vga_bios: buffer(join(bios, 'vgabios-stdvga.bin')),
  bzimage: buffer(kernel),
  initrd: buffer(initrd),
  cmdline,
  autostart: true,
});
emulator.add_listener('serial0-output-byte', (byte) => {
  const character = String.fromCharCode(byte);
  process.stdout.write(character);
  line = character === '\n' ? '' : line + character;
  if (LAST.test(line)) process.exit(0);
});
