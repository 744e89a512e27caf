/**
 * What a result was read from: page frames with the identity of their contents. It is as good as new on any other
 * memory where the same frames have the same identities.
 */
import type { PageIdentities } from '../../memory/page-identities.js';
import type { ProcessorRegisters } from '../../memory/physical-memory.js';
import type { RecordingMemory } from '../../memory/recording-memory.js';

export type IdentifiedMemory = PageIdentities & { readonly registers: readonly ProcessorRegisters[] };

export class PageWitness {
  readonly #frames: readonly number[];
  readonly #identities: readonly (number | undefined)[];
  readonly #space: unknown;
  readonly #registers: string | undefined;

  /** @param memory the one that `recorder` read from */
  constructor(recorder: RecordingMemory, memory: IdentifiedMemory) {
    // Before the registers are looked at here.
    this.#registers = recorder.hasReadRegisters ? registersText(memory) : undefined;
    this.#frames = [...recorder.frames];
    this.#identities = this.#frames.map((frame) => memory.pageIdentity(frame));
    this.#space = memory.identitySpace;
  }

  /** Whether nothing more has been read by `recorder` than this knows of. */
  isWhole(recorder: RecordingMemory): boolean {
    return (
      recorder.frames.length === this.#frames.length && recorder.hasReadRegisters === (this.#registers !== undefined)
    );
  }

  /** Whether a run on `memory` would read the same bytes. */
  holdsFor(memory: IdentifiedMemory): boolean {
    if (memory.identitySpace !== this.#space) return false;
    if (this.#registers !== undefined && this.#registers !== registersText(memory)) return false;
    const frames = this.#frames;
    for (let index = 0; index < frames.length; index++) {
      if (memory.pageIdentity(frames[index] as number) !== this.#identities[index]) return false;
    }
    return true;
  }
}

function registersText({ registers }: IdentifiedMemory): string {
  return registers
    .map((each) =>
      Object.entries(each)
        .map(([name, value]) => `${name}=${value}`)
        .sort()
        .join(),
    )
    .join(';');
}
