/** The text on the screens of a console, line by line, the top one first. */
import { u16 } from '../../../core/bytes.js';
import type { AddressSpace } from '../../../memory/address-space.js';
import { CELL, type ScreenLayout } from './console-layouts.js';
import { pointerAt } from './wide-strings.js';

export interface ConsoleScreen {
  readonly offset: bigint;
  /** Without the empty ones at the end, and without spaces at their ends. */
  readonly lines: readonly string[];
}

const MAX_SCREENS = 16;
/** Attributes of a cell: the second half of a wide character has no text of its own. */
const TRAILING = 2;

/** The screen at `first` and those that follow it. */
export function* consoleScreens(space: AddressSpace, first: bigint, layout: ScreenLayout): Generator<ConsoleScreen> {
  const seen = new Set<bigint>();
  for (let at: bigint | undefined = first; at && !seen.has(at) && seen.size < MAX_SCREENS; ) {
    seen.add(at);
    const buffer = pointerAt(space, at + BigInt(layout.buffer));
    const lines = buffer === undefined ? [] : bufferLines(space, buffer, layout);
    yield { offset: at, lines: lines.slice(0, lines.findLastIndex((line) => line !== '') + 1) };
    at = layout.next === undefined ? undefined : pointerAt(space, at + BigInt(layout.next));
  }
}

function bufferLines(space: AddressSpace, buffer: bigint, layout: ScreenLayout): string[] {
  const short = (at: number) => {
    const bytes = space.view(buffer + BigInt(at), 2);
    return bytes === undefined ? 0 : (u16(bytes, 0) << 16) >> 16;
  };
  const height = short(layout.height);
  const top = short(layout.top);
  const rows = pointerAt(space, buffer + BigInt(layout.rows));
  if (rows === undefined || height <= 0 || top < 0) return [];
  return Array.from({ length: height }, (_, line) => {
    const index = (top + line) % height;
    const row = rowAt(space, rows, index, layout.stride);
    return row === undefined ? '' : rowText(space, row, layout);
  });
}

function rowAt(space: AddressSpace, rows: bigint, index: number, stride: number | undefined): bigint | undefined {
  return stride === undefined ? pointerAt(space, rows + BigInt(index * 8)) : rows + BigInt(index * stride);
}

function rowText(space: AddressSpace, row: bigint, layout: ScreenLayout): string {
  const cells = pointerAt(space, row + BigInt(layout.cells));
  const count = space.view(row + BigInt(layout.width), 2);
  const width = count === undefined ? 0 : u16(count, 0);
  const bytes = cells === undefined || width > 0x7fff ? undefined : space.view(cells, width * CELL.size);
  if (bytes === undefined) return '';
  let text = '';
  for (let at = 0; at < bytes.length; at += CELL.size) {
    const isTrailing = ((bytes[at + CELL.attribute] as number) & 3) === TRAILING;
    const code = u16(bytes, at);
    if (!isTrailing && code !== 0) text += String.fromCharCode(code);
  }
  return text.trimEnd();
}
