/** What `writer-process.ts` writes: known pages, half of them new in each snapshot. */
import { noise, PAGE } from './noise.js';

/** More than one transaction's worth. */
export const WRITER_FRAMES = 3000;

export function contents(number: number, frame: number): Buffer {
  return frame % 2 === 0 ? noise(PAGE, frame) : noise(PAGE, number * 100_000 + frame);
}
