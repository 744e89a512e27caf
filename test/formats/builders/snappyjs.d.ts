/** The part of snappyjs 0.7 that tests use; the package has no declarations of its own. */
declare module 'snappyjs' {
  export function compress(uncompressed: Uint8Array): Uint8Array;
}
