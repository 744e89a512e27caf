/**
 * What Explorer notes of programs that a user starts: values in the user's hive, named in ROT13, with counters.
 * Source: D. Stevens, "UserAssist" (2006); J. Metz, "Windows Registry: UserAssist" (libyal/winreg-kb).
 */
import { u32, u64 } from '../../../core/bytes.js';
import type { RegistryKey } from '../../../formats/regf/registry-key.js';
import { unixTime } from '../times.js';

export const USER_ASSIST_KEY = 'Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\UserAssist';

export interface UserAssistEntry {
  /** The subkey that it is counted in. */
  readonly list: string;
  readonly name: string;
  readonly session: number | undefined;
  readonly count: number | undefined;
  readonly focusCount: number | undefined;
  /** Nanoseconds. */
  readonly focusTime: bigint | undefined;
  readonly lastUsed: bigint | undefined;
}

/** Bytes of an entry until 6.0, and since 6.1. */
const OLD_SIZE = 16;
const NEW_SIZE = 72;
/** Old counters begin here. */
const OLD_COUNT_BIAS = 5;
/** NT's milliseconds to nanoseconds. */
const MILLISECOND = 1_000_000n;

/** Every counted program and link of one user, from the key `UserAssist`. */
export function* userAssistEntries(userAssist: RegistryKey): Generator<UserAssistEntry> {
  for (const list of userAssist.subkeys()) {
    const count = list.subkey('Count');
    if (count === undefined) continue;
    for (const value of count.values()) {
      const { data } = value;
      yield { list: list.name, name: rot13(value.name), ...(data === undefined ? NOTHING : counters(data)) };
    }
  }
}

const NOTHING = {
  session: undefined,
  count: undefined,
  focusCount: undefined,
  focusTime: undefined,
  lastUsed: undefined,
};

function counters(data: Uint8Array) {
  if (data.length >= NEW_SIZE) {
    return {
      session: u32(data, 0),
      count: u32(data, 4),
      focusCount: u32(data, 8),
      focusTime: BigInt(u32(data, 12)) * MILLISECOND,
      lastUsed: unixTime(u64(data, 60)),
    };
  }
  if (data.length !== OLD_SIZE) return NOTHING;
  const count = u32(data, 4);
  return {
    ...NOTHING,
    session: u32(data, 0),
    count: count >= OLD_COUNT_BIAS ? count - OLD_COUNT_BIAS : count,
    lastUsed: unixTime(u64(data, 8)),
  };
}

function rot13(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => {
    const base = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}
