/**
 * One measured boot for `events.ts`: KERNEL INITRD INSTRUCTIONS SUBSCRIPTION. Prints, as JSON, the user time of the run
 * alone in seconds, how many events came, and the state hash.
 */
import { readFileSync } from 'node:fs';
import { planBoot } from '../src/emulator/machine/boot/plan-boot.js';
import { Machine } from '../src/emulator/machine/machine.js';
import { loadKernelDecompressors } from '../src/emulator-host/kernel-decompressors.js';
import { SUBSCRIPTIONS } from './event-subscriptions.js';

const [kernel = '', initrd = '', instructions = '', name = ''] = process.argv.slice(2);

const machine = new Machine({ ramBytes: 256 << 20 });
machine.boot(
  planBoot(
    {
      kernel: readFileSync(kernel),
      initrd: readFileSync(initrd),
      commandLine: 'console=ttyS0 bootonly',
      ramBytes: machine.ramBytes,
      rsdp: machine.rsdp,
    },
    await loadKernelDecompressors(),
  ),
);
let events = 0;
const subscription = SUBSCRIPTIONS[name];
if (subscription !== undefined) {
  machine.events.subscribe(subscription, ({ length }) => {
    events += length;
  });
}
const before = process.cpuUsage();
machine.run({ icount: Number(instructions) });
const { user } = process.cpuUsage(before);
console.log(JSON.stringify({ seconds: user / 1e6, events, icount: machine.icount, hash: machine.stateHash() }));
