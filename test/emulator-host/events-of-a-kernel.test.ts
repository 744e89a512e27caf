/** Events of a real kernel's boot: the same to the byte in both tiers, and a boot that is watched is the same boot. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EVENT_KINDS, type EventKind } from '../../src/emulator/events/event-kinds.js';
import { planBoot } from '../../src/emulator/machine/boot/plan-boot.js';
import { Machine } from '../../src/emulator/machine/machine.js';
import { loadKernelDecompressors } from '../../src/emulator-host/kernel-decompressors.js';
import { debianGuest } from './debian-guests.js';

const UNWATCHED = 5_000_000;
const WATCHED = 300_000;
const TIMEOUT = 180_000;

const guests = [
  ['amd64-6.1', 64],
  ['i386-686-pae', 32],
] as const;

describe.each(guests)('%s', (name, cpu) => {
  const guest = debianGuest(name);

  test.skipIf(guest === undefined)(
    'some of its boot',
    async () => {
      const { kernel, initrd } = guest as NonNullable<typeof guest>;
      const decompressors = await loadKernelDecompressors();
      const run = (jit: boolean, watched: boolean) => {
        const machine = new Machine({ ramBytes: 128 << 20, cpu, jit });
        const files = { kernel: readFileSync(kernel), initrd: readFileSync(initrd) };
        const { ramBytes, rsdp } = machine;
        machine.boot(planBoot({ ...files, commandLine: 'console=ttyS0', ramBytes, rsdp }, decompressors));
        const digest = createHash('sha256');
        const counts = new Map<EventKind, number>();
        machine.run({ icount: UNWATCHED });
        if (watched) {
          machine.events.subscribe({ kind: EVENT_KINDS }, (batch) => {
            const { buffer, byteOffset, byteLength } = batch.records;
            digest.update(new Uint8Array(buffer, byteOffset, byteLength));
            for (const { kind } of batch) counts.set(kind, (counts.get(kind) ?? 0) + 1);
          });
        }
        machine.run({ icount: UNWATCHED + WATCHED });
        return { hash: machine.stateHash(), digest: digest.digest('hex'), counts };
      };
      const [plain, translated, interpreted] = [run(true, false), run(true, true), run(false, true)];
      expect(translated.hash).toBe(plain.hash);
      expect(interpreted).toEqual(translated);
      expect(translated.counts.get('instruction')).toBeGreaterThanOrEqual(WATCHED);
      expect(translated.counts.get('write')).toBeGreaterThan(WATCHED / 50);
    },
    TIMEOUT,
  );
});
