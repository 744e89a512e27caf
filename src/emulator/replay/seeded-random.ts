/**
 * Where the guest's random words come from (RDRAND, virtio-rng): SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) from a
 * seed in the machine's settings, so that an unattended run repeats exactly. A host that wants real entropy sends it
 * through the input port; recording each word instead would let a guest fill the host's memory. Not for secrets.
 */
import type { Device } from '../devices/device.js';
import { createState, defineState, wide } from '../devices/state/state-schema.js';

const SCHEMA = defineState(1, { state: wide() });
const STEP = 0x9e37_79b9_7f4a_7c15n;

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

export class SeededRandom implements Device {
  readonly name = 'entropy';
  readonly schema = SCHEMA;
  readonly state = createState(SCHEMA);

  constructor(seed: bigint) {
    this.state.state = wrap(seed);
  }

  /** A reset must not bring the same words again. */
  reset(): void {}

  /** Mixes in a word from outside. */
  mix(word: bigint): void {
    this.state.state = wrap(this.state.state ^ word);
  }

  next(): bigint {
    this.state.state = wrap(this.state.state + STEP);
    let z = this.state.state;
    z = wrap((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
    z = wrap((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
    return z ^ (z >> 31n);
  }
}
