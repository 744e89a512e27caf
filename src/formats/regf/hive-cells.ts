/** What the readers of keys and values need of a hive, be it a file or mapped in a guest. */

export interface HiveCells {
  /** The contents of an allocated cell behind its size; undefined when there is none or it cannot be read. */
  cell(index: number): Uint8Array | undefined;
  /** Hears of cells that are not what they should be: forged counts, cycles, wrong signatures. */
  damage(index: number, what: string): void;
}
