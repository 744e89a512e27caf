/** The same kernel in the emulator, watched through subscriptions. */

import { createProcessor } from '../../../../src/emulator/cpu/create-processor.js';
import { planBoot } from '../../../../src/emulator/machine/boot/plan-boot.js';
import { Machine } from '../../../../src/emulator/machine/machine.js';
import { accessTexts, type Item, type Step } from './stream.js';

const KINDS = ['instruction', 'branch', 'interrupt-return', 'read', 'write', 'exception', 'interrupt'] as const;
const RAM = 32 << 20;
const MOST_INSTRUCTIONS = 1_000_000;

/** What our events say the kernel did. */
export function traceInEmulator(kernel: Uint8Array, jit: boolean): Item[] {
  const machine = new Machine({
    ramBytes: RAM,
    jit,
    createProcessor: (options) => {
      const processor = createProcessor(options);
      // Everything that can be translated is, before it runs for the first time.
      processor.core.blocks.hotThreshold = 1;
      return processor;
    },
  });
  machine.boot(planBoot({ kernel, commandLine: '', ramBytes: RAM, rsdp: machine.rsdp }, {}));
  const items: Item[] = [];
  let step: Step | undefined;
  machine.events.subscribe({ kind: KINDS }, (events) => {
    for (const event of events) {
      if (event.kind === 'instruction') {
        const { address, length } = event;
        step = { kind: 'step', address, length, accesses: [], isImplicit: false, to: undefined };
        items.push(step);
      } else if (event.kind === 'branch' || event.kind === 'interrupt-return') {
        if (step !== undefined) step.to = event.to;
      } else if (event.kind === 'read' || event.kind === 'write') {
        if (step === undefined) continue;
        const { address, size, physical, implicit } = event;
        if (implicit) step.isImplicit = true;
        else step.accesses.push(...accessTexts(event.kind === 'read' ? 'R' : 'W', address, size, physical));
      } else {
        const isException = event.kind === 'exception';
        items.push({
          kind: 'delivery',
          vector: event.vector,
          isSoftware: !isException,
          errorCode: isException ? (event.errorCode ?? 0) : 0,
          faultAddress: isException ? (event.faultAddress ?? 0n) : 0n,
        });
      }
    }
  });
  const outcome = machine.run({ icount: MOST_INSTRUCTIONS });
  if (outcome.kind !== 'exit') throw new Error(`the kernel ended with ${outcome.kind}`);
  if (jit && (machine.processor.jitStatistics?.compiled ?? 0) === 0) throw new Error('nothing was translated');
  return items;
}
