/**
 * A small machine's memory that every format builder stores, so that what is read back can be compared everywhere.
 */

export interface GuestRange {
  readonly start: number;
  readonly bytes: Buffer;
}

const PAGE = 4096;

/** Pages of four kinds: zeros, text, noise (does not compress), one byte repeated. No two others are alike. */
export function guestPage(frame: number): Buffer {
  switch (frame % 4) {
    case 0:
      return Buffer.alloc(PAGE);
    case 1:
      return Buffer.alloc(PAGE, `page ${frame} of the guest, in words. `);
    case 2: {
      let state = (frame * 2654435761) >>> 0 || 1;
      return Buffer.from(
        Array.from({ length: PAGE }, () => {
          state ^= state << 13;
          state ^= state >>> 17;
          state ^= state << 5;
          return state & 0xff;
        }),
      );
    }
    default:
      return Buffer.alloc(PAGE, frame & 0xff);
  }
}

/** A range of guest pages, [start, end) in bytes. */
export function guestRange(start: number, end: number): GuestRange {
  const frames = Array.from({ length: (end - start) / PAGE }, (_, i) => start / PAGE + i);
  return { start, bytes: Buffer.concat(frames.map(guestPage)) };
}

/** Memory with holes, as a PC has it: conventional, extended, and some above 4 GiB. */
export const holedGuest: readonly GuestRange[] = [
  guestRange(0, 0x9f000),
  guestRange(0x100000, 0x180000),
  guestRange(0x1_0000_0000, 0x1_0002_0000),
];

/** Memory without holes. */
export const plainGuest: readonly GuestRange[] = [guestRange(0, 0x200000)];
