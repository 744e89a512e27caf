/** The part of snappyjs 0.7 that is used; the package has no declarations of its own. */
declare module 'snappyjs' {
  /** Throws on damaged data, and when the result would be longer than `maxLength`. */
  export function uncompress(compressed: Uint8Array, maxLength?: number): Uint8Array;
  export function compress(uncompressed: Uint8Array): Uint8Array;
}
