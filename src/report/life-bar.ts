/** A lifetime as a bar of text: one mark a moment, or one for several where there are many. */

/** Marks at most. */
const WIDTH = 60;
const THERE = '█';
const AWAY = '·';

/** @param length moments in all; `first` and `last` are the first and the last at which it was there */
export function lifeBar({ first, last }: { readonly first: number; readonly last: number }, length: number): string {
  const width = Math.min(length, WIDTH);
  let bar = '';
  for (let mark = 0; mark < width; mark++) {
    const from = Math.floor((mark * length) / width);
    const to = Math.floor(((mark + 1) * length) / width) - 1;
    bar += first <= to && last >= from ? THERE : AWAY;
  }
  return bar;
}
