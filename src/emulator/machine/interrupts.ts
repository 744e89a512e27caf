/**
 * How interrupts reach the processor: device lines to both the 8259 pair and the I/O APIC, their outputs through the
 * local APIC to INTR and NMI. Guests use one pair or the other by masking.
 */
import { IoApic } from '../devices/apic/io-apic.js';
import { LocalApic } from '../devices/apic/local-apic.js';
import type { Clock, Line } from '../devices/device.js';
import { PicPair } from '../devices/pic/pic-pair.js';
import { IO_APIC_TIMER_PIN, IRQ } from './memory-map.js';

/** The processor's interrupt inputs. */
export interface InterruptInputs {
  setInterruptLine(level: boolean): void;
  raiseNmi(): void;
}

export class Interrupts {
  readonly pic: PicPair;
  readonly localApic: LocalApic;
  readonly ioApic: IoApic;
  #processor: InterruptInputs | undefined;

  /** `placeApic` puts the local APIC's registers where the guest wants them. */
  constructor(clock: Clock, placeApic: (base: number) => void) {
    this.pic = new PicPair({ set: () => this.update() });
    this.localApic = new LocalApic({
      clock,
      changed: () => this.update(),
      nmi: () => this.#processor?.raiseNmi(),
      moved: placeApic,
      endOfInterrupt: (vector) => this.ioApic.endOfInterrupt(vector),
    });
    this.ioApic = new IoApic((message) => this.localApic.receive(message));
  }

  attach(processor: InterruptInputs): void {
    this.#processor = processor;
    this.update();
  }

  /** The line of an ISA interrupt request that one device owns. */
  line(irq: number): Line {
    const pin = irq === IRQ.timer ? IO_APIC_TIMER_PIN : irq;
    return {
      set: (level) => {
        this.pic.setPin(irq, level);
        this.ioApic.setPin(pin, level);
      },
    };
  }

  /** Lines for several devices that share one request: it is asserted while any of them asserts it. */
  sharedLine(irq: number): () => Line {
    const wire = this.line(irq);
    const asserted = new Set<object>();
    return () => {
      const share: Line = {
        set: (level) => {
          if (level) asserted.add(share);
          else asserted.delete(share);
          wire.set(asserted.size > 0);
        },
      };
      return share;
    };
  }

  /** The processor's acknowledge cycle. -1: nothing stands any more. */
  acknowledge(): number {
    if (this.localApic.requesting) return this.localApic.acknowledge();
    if (!this.localApic.passesExternal) return -1;
    const vector = this.pic.acknowledge();
    this.update();
    return vector;
  }

  update(): void {
    // The local APIC exists only after the first call from the 8259s.
    const apic = this.localApic as LocalApic | undefined;
    if (apic === undefined || this.#processor === undefined) return;
    this.#processor.setInterruptLine(apic.requesting || (apic.passesExternal && this.pic.requesting));
  }
}
