/** Histories of commands in the memory of conhost.exe: those on the console's list, and any that are found by their looks. */
import { u16 } from '../../../core/bytes.js';
import type { AddressSpace } from '../../../memory/address-space.js';
import { residentChunks } from '../../resident-chunks.js';
import type { ConsoleHost } from './console-hosts.js';
import { CONSOLE_PROCESS, HISTORY } from './console-layouts.js';
import { pointerAt, STRING_SIZE, wideString, wordAt } from './wide-strings.js';

export interface TypedCommand {
  readonly index: number;
  readonly text: string;
  /** It lies behind the last one: taken off the history, not yet overwritten. */
  readonly stale: boolean;
  readonly offset: bigint;
}

export interface CommandHistory {
  readonly offset: bigint;
  readonly application: string;
  /** The process that read the commands; undefined when it has ended. */
  readonly pid: number | undefined;
  readonly maximum: number;
  readonly lastDisplayed: number;
  readonly commands: readonly TypedCommand[];
}

const MAX_COMMANDS = 1000n;
const SIZE = BigInt(STRING_SIZE);
/** Everything that programs have. */
const USER = { start: 0x1_0000n, end: 0x8000_0000_0000n } as const;
const GRAIN = 8;

/** The history at `offset`; undefined for what is none. */
export function commandHistory(space: AddressSpace, offset: bigint): CommandHistory | undefined {
  const record = space.view(offset, HISTORY.size)?.slice();
  if (record === undefined) return undefined;
  const word = (at: number) => pointerAt(space, offset + BigInt(at)) ?? 0n;
  const [begin, end, reserved] = [0, 8, 16].map((at) => word(HISTORY.commands + at)) as [bigint, bigint, bigint];
  const isVector = begin <= end && end <= reserved && (end - begin) % SIZE === 0n && (reserved - begin) % SIZE === 0n;
  const maximum = u16(record, HISTORY.maximum);
  const count = (end - begin) / SIZE;
  if (!isVector || count > BigInt(maximum) || (reserved - begin) / SIZE > MAX_COMMANDS) return undefined;
  const lastDisplayed = (u16(record, HISTORY.lastDisplayed) << 16) >> 16;
  const application = wideString(space, offset + BigInt(HISTORY.application));
  if (lastDisplayed < -1 || lastDisplayed > maximum || !application) return undefined;
  return {
    offset,
    application,
    pid: ownerOf(space, word(HISTORY.process)),
    maximum,
    lastDisplayed,
    commands: [...commandsBetween(space, begin, end, reserved)],
  };
}

function ownerOf(space: AddressSpace, process: bigint): number | undefined {
  return process === 0n ? undefined : wordAt(space, process + BigInt(CONSOLE_PROCESS.pid));
}

function* commandsBetween(space: AddressSpace, begin: bigint, end: bigint, reserved: bigint): Generator<TypedCommand> {
  let index = 0;
  for (let offset = begin; offset < reserved; offset += SIZE, index++) {
    const text = wideString(space, offset);
    const stale = offset >= end;
    if (text !== undefined && text !== '') yield { index, text, stale, offset };
  }
}

/** All that lie anywhere in the host's memory and keep one of these numbers of commands. */
export function* scannedHistories({ space }: ConsoleHost, sizes: ReadonlySet<number>): Generator<CommandHistory> {
  for (const { offset, bytes } of residentChunks(space, USER.start, USER.end)) {
    const page = bytes.slice();
    for (let at = 0; at + 2 <= page.length; at += GRAIN) {
      if (!sizes.has(u16(page, at))) continue;
      const found = commandHistory(space, USER.start + BigInt(offset + at - HISTORY.maximum));
      if (found !== undefined) yield found;
    }
  }
}
