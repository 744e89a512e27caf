/**
 * A PC that runs: processor, RAM, chipset and time put together. Deterministic: its settings, boot plan and input log
 * determine every state that it goes through.
 *
 * Knows no host: output goes to listeners, input comes through `input`, images are handed in as block sources.
 */
import { InvariantError, UserError } from '../../core/errors.js';
import type { Bus } from '../cpu/processor.js';
import type { Device } from '../devices/device.js';
import { restoreState, saveState } from '../devices/state/saved-state.js';
import type { EventSource } from '../events/event-hub.js';
import type { Input } from '../replay/input-log.js';
import { InputPort } from '../replay/input-port.js';
import { SeededRandom } from '../replay/seeded-random.js';
import { type AcpiTables, buildAcpiTables } from './acpi/acpi-tables.js';
import type { BootPlan } from './boot/boot-plan.js';
import { Chipset } from './chipset.js';
import { GuestRam } from './guest-ram.js';
import { type GuestProcessor, type MachineConfig, type ResolvedConfig, resolveConfig } from './machine-config.js';
import { MACHINE_STATE_SCHEMA, MACHINE_STATE_VERSION, type MachineState } from './machine-state.js';
import type { Outcome, RunUntil } from './outcome.js';
import { StateHash } from './state-hash.js';
import { TextWatch } from './text-watch.js';
import { PORT_ACCESS_NANOSECONDS, Timeline } from './timeline.js';

const INTERRUPT_FLAG = 0x200n;
const NEVER = Number.POSITIVE_INFINITY;

/** What leaves the machine. */
export interface MachineListeners {
  readonly serial?: (port: number, byte: number) => void;
  readonly debug?: (byte: number) => void;
}

export class Machine {
  readonly processor: GuestProcessor;
  readonly input: InputPort;
  readonly #config: ResolvedConfig;
  readonly #chipset: Chipset;
  readonly #timeline = new Timeline();
  readonly #ram = new GuestRam();
  readonly #random: SeededRandom;
  readonly #acpi: AcpiTables = buildAcpiTables();
  readonly #listeners: MachineListeners;
  /** What a device asked for; ends the run after the current instruction. */
  #ending: Outcome | undefined;
  #watch: { readonly port: number; readonly text: TextWatch } | undefined;

  constructor(config: MachineConfig, listeners: MachineListeners = {}) {
    const resolved = resolveConfig(config);
    this.#config = resolved;
    this.#listeners = listeners;
    this.#random = new SeededRandom(resolved.entropySeed);
    this.#chipset = new Chipset(this.#timeline, this.#ram, resolved, {
      serial: (port, byte) => this.#printed(port, byte),
      debug: (byte) => listeners.debug?.(byte),
      exit: (code) => this.#end({ kind: 'exit', code }),
      powerOff: () => this.#end({ kind: 'power-off' }),
      reset: (by) => this.#end({ kind: 'reset', by }),
      randomWord: () => this.#random.next(),
    });
    this.processor = resolved.createProcessor({
      bus: this.#bus(),
      ramBytes: resolved.ramBytes,
      model: resolved.model,
      jit: resolved.jit,
      code: resolved.code,
      handlers: resolved.handlers,
    });
    this.#timeline.attach(this.processor);
    this.#ram.attach(this.processor);
    this.#chipset.interrupts.attach(this.processor);
    this.input = new InputPort({
      now: () => ({ icount: this.processor.icount, time: this.#timeline.now }),
      deliver: (input) => this.#deliver(input),
    });
  }

  get ramBytes(): number {
    return this.#config.ramBytes;
  }

  /** Physical address of the ACPI root pointer, for boot loaders. */
  get rsdp(): number {
    return this.#acpi.address;
  }

  /** What can be observed of the running guest: see docs/events.md. */
  get events(): EventSource {
    return this.processor.events;
  }

  /** Retired instructions since power-on. */
  get icount(): number {
    return this.processor.icount;
  }

  /** Guest nanoseconds since power-on. */
  get time(): number {
    return this.#timeline.now;
  }

  /** Guest time of the next timer; Infinity when none is set. */
  get nextDeadline(): number {
    return this.#timeline.next;
  }

  /** Places a kernel and sets the processor to its entry. The machine must be fresh or reset. */
  boot(plan: BootPlan): void {
    this.#ram.write(this.#acpi.address, this.#acpi.bytes);
    for (const placement of plan.placements) this.#ram.place(placement);
    this.processor.reset();
    this.processor.enter(plan.entry);
  }

  /**
   * Resets devices and processor and boots anew; time goes on, disks keep what was written. The machine keeps no plan: it
   * holds the kernel's file.
   */
  reset(plan: BootPlan): void {
    this.#ending = undefined;
    this.#chipset.reset();
    this.boot(plan);
  }

  /**
   * Runs until one of the conditions holds or the guest ends. Can be called again after `reached`.
   * @throws UserError when a replayed log does not fit the run.
   */
  run(until: RunUntil = {}): Outcome {
    this.#watch = until.text && { port: until.text.port, text: new TextWatch(until.text.text) };
    for (;;) {
      this.#timeline.fireDue();
      this.input.deliverDue();
      const outcome = this.#ending ?? this.#reached(until);
      if (outcome !== undefined) {
        if (outcome === this.#ending) this.#ending = undefined;
        this.#timeline.runningUntil(0);
        return outcome;
      }
      const ended = this.#advance(until);
      if (ended !== undefined) return ended;
    }
  }

  /** One stretch of the processor, or one jump over a halt. */
  #advance(until: RunUntil): Outcome | undefined {
    const idle = this.processor.idleTicks;
    const horizon = Math.min(this.#timeline.next, this.input.next, until.time ?? NEVER);
    const limit = Math.min(horizon - idle, until.icount ?? NEVER, Number.MAX_SAFE_INTEGER);
    this.#timeline.runningUntil(limit + idle);
    const reason = this.processor.run(limit);
    if (reason === 'triple-fault') return { kind: 'triple-fault' };
    if (reason === 'events') return this.#stopped();
    if (reason !== 'halt' || this.#ending !== undefined) return undefined;
    if ((this.processor.getRegister('rflags') & INTERRUPT_FLAG) === 0n) return { kind: 'halted' };
    if (until.halt) return { kind: 'reached', condition: 'halt' };
    const wake = Math.min(this.#timeline.next, this.input.next, until.time ?? NEVER);
    if (wake === NEVER) return { kind: 'waiting' };
    this.#timeline.jumpTo(Math.max(wake, this.#timeline.now));
    return undefined;
  }

  #stopped(): Outcome {
    const { stopEvent } = this.processor;
    if (stopEvent === undefined) throw new InvariantError('the processor stopped for an event that it does not know');
    return { kind: 'event', event: stopEvent };
  }

  #reached(until: RunUntil): Outcome | undefined {
    const condition =
      until.icount !== undefined && this.icount >= until.icount
        ? 'icount'
        : until.time !== undefined && this.time >= until.time
          ? 'time'
          : this.#watch?.text.seen
            ? 'text'
            : until.event?.()
              ? 'event'
              : undefined;
    return condition && { kind: 'reached', condition };
  }

  // ---- state -----------------------------------------------------------------------------------------------------

  /** Everything but RAM, as an independent copy. Between runs only. */
  saveState(): MachineState {
    // An end that no run has reported yet is no state: it belongs to the instruction that is still under way.
    if (this.#ending !== undefined) throw new InvariantError('a machine is saved between runs, not during one');
    return {
      schema: MACHINE_STATE_SCHEMA,
      version: MACHINE_STATE_VERSION,
      ramBytes: this.#config.ramBytes,
      model: this.#config.model,
      processor: this.processor.saveState(),
      timeline: this.#timeline.save(),
      devices: Object.fromEntries(
        this.#devices.map((device) => [device.name, saveState(device.schema, device.state as never)]),
      ),
    };
  }

  /**
   * Takes a state back. RAM must hold the contents of that moment: see `writeRam`.
   * @throws UserError when the state is of another kind of machine or damaged; the machine is then unusable.
   */
  restoreState(saved: MachineState): void {
    const { ramBytes, model } = this.#config;
    if (saved.schema !== MACHINE_STATE_SCHEMA || saved.version !== MACHINE_STATE_VERSION) {
      throw new UserError('this is no machine state that this version reads', 'take the snapshot again');
    }
    if (saved.ramBytes !== ramBytes || saved.model !== model) {
      throw new UserError(
        `the state is of a machine with ${saved.ramBytes / 2 ** 20} MiB and processor ${saved.model}`,
        'restore it into an equal machine',
      );
    }
    for (const device of this.#devices) {
      const state = saved.devices[device.name];
      if (state === undefined) {
        throw new UserError(`the state lacks device ${device.name}`, 'restore it into an equal machine');
      }
      restoreState(device.schema, device.state as never, state, device.name);
    }
    this.processor.restoreState(saved.processor);
    for (const device of this.#devices) device.restored?.();
    // Last: drivers of lines above may have touched timers.
    this.#timeline.restore(saved.timeline);
    this.#chipset.interrupts.update();
    this.#ending = undefined;
  }

  /** Replaces bytes of RAM from outside the run (restore, patch); `false` when they lie outside. */
  writeRam(address: number, bytes: Uint8Array): boolean {
    return this.#ram.write(address, bytes);
  }

  /** Page frames written since the last call, ascending. */
  takeDirtyPages(): Uint32Array {
    return this.processor.takeDirtyPages();
  }

  /** A digest of RAM and state, 32 hexadecimal digits: equal for equal machines on every host. */
  stateHash(): string {
    const { processor, timeline, devices } = this.saveState();
    return new StateHash()
      .bytes(this.processor.ram)
      .value({ version: processor.version, fields: processor.fields })
      .value(timeline as never)
      .value(devices as never)
      .digest();
  }

  get #devices(): readonly Device[] {
    return [...this.#chipset.devices, this.#random as unknown as Device];
  }

  // ---- wiring ----------------------------------------------------------------------------------------------------

  #bus(): Bus {
    const { ports, memory, interrupts } = this.#chipset;
    const { localApic } = interrupts;
    return {
      // Time passes behind the access: what a device knows of time is up to date then.
      readPort: (port, size) => {
        const value = ports.read(port, size);
        this.#timeline.pass(PORT_ACCESS_NANOSECONDS);
        return value;
      },
      writePort: (port, size, value) => {
        ports.write(port, size, value);
        this.#timeline.pass(PORT_ACCESS_NANOSECONDS);
      },
      readPhysical: (address, size) => memory.read(address, size),
      writePhysical: (address, size, value) => memory.write(address, size, value),
      acknowledgeInterrupt: () => interrupts.acknowledge(),
      randomWord: () => this.#random.next(),
      readMsr: (index) => localApic.readMsr(index),
      writeMsr: (index, value) => localApic.writeMsr(index, value),
      readTaskPriority: () => localApic.taskPriority >> 4,
      writeTaskPriority: (value) => {
        localApic.taskPriority = value << 4;
      },
    };
  }

  #deliver(input: Input): void {
    switch (input.kind) {
      case 'serial':
        this.#chipset.serial[input.port as 0 | 1]?.receive(input.bytes);
        return;
      case 'keyboard':
        this.#chipset.keyboard.type(input.bytes);
        return;
      case 'power-button':
        this.#chipset.power.pressPowerButton();
        return;
      case 'nmi':
        this.#chipset.interrupts.localApic.nmiPin.set(true);
        return;
      case 'disk':
        this.#chipset.disks.find(({ name }) => name === input.disk)?.write(input.offset, input.bytes);
        return;
      case 'entropy':
        this.#random.mix(input.word);
        return;
    }
  }

  #printed(port: number, byte: number): void {
    this.#listeners.serial?.(port, byte);
    if (this.#watch?.port === port && this.#watch.text.push(byte)) this.processor.requestStop();
  }

  #end(outcome: Outcome): void {
    this.#ending ??= outcome;
    this.processor.requestStop();
  }
}
