/**
 * Opens `live:NAME`: a guest that runs, as it is now. Its process copies memory and registers between two instructions,
 * which the guest cannot notice; it has run on when the copy is looked into.
 */
import { rmSync } from 'node:fs';
import type { PhysicalAddress } from '../core/address.js';
import { openMemory } from '../formats/open-image.js';
import { ControlClient } from '../live/control/control-client.js';
import type { PhysicalMemory } from '../memory/physical-memory.js';
import { storeFolder } from '../snapshots/store-folder.js';
import type { SourceOptions } from './source-schemes.js';

/** @throws UserError when no guest runs under that name, or its memory cannot be copied */
export async function openLive(name: string, options: SourceOptions = {}): Promise<PhysicalMemory> {
  const client = await ControlClient.connect(storeFolder(options.store), name);
  try {
    const { path, guestTime } = await client.request('memory', {});
    try {
      return new LiveMemory(await openMemory(path), `running guest at ${(guestTime / 1e9).toFixed(3)} s`);
    } finally {
      // What is open stays readable, and nothing is left behind however this process ends.
      rmSync(path, { force: true });
    }
  } finally {
    client.close();
  }
}

/** A copy of memory under the name of what it was copied from. */
class LiveMemory implements PhysicalMemory {
  readonly format: string;
  readonly #copy: PhysicalMemory;

  constructor(copy: PhysicalMemory, format: string) {
    this.format = format;
    this.#copy = copy;
  }

  get ranges() {
    return this.#copy.ranges;
  }

  get end() {
    return this.#copy.end;
  }

  get registers() {
    return this.#copy.registers;
  }

  get vmcoreinfo() {
    return this.#copy.vmcoreinfo;
  }

  get notes() {
    return this.#copy.notes;
  }

  read(address: PhysicalAddress, target: Uint8Array): number {
    return this.#copy.read(address, target);
  }

  page(frame: number): Uint8Array | undefined {
    return this.#copy.page(frame);
  }

  close(): void {
    this.#copy.close();
  }
}
