/** Turns a plugin's declared options into oclif flags and the parsed flags back into option values. */
import type { Interfaces } from '@oclif/core';
import * as Flags from '@oclif/core/flags';
import type { Option, OptionKind, Options, OptionsOf } from '../analysis/plugin.js';
import { UsageError } from '../core/errors.js';

type FlagMaker = (option: Option) => Interfaces.Flag<unknown>;

const NUMBER = /^(?:0x[0-9a-f]+|[0-9]+)$/i;
const MAX_RANGE = 1_000_000;

/** `1,7,100-200` as numbers. Throws `UsageError` on anything else. */
export function parseIntegers(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part);
    if (match === null) throw new UsageError(`'${part}' is not a number or a range of numbers`, 'write 1,7,100-200');
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (last < first || last - first > MAX_RANGE) throw new UsageError(`'${part}' is not a usable range`);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function parseAddress(text: string): bigint {
  if (!NUMBER.test(text)) throw new UsageError(`'${text}' is not an address`, 'write hex with 0x or decimal digits');
  return BigInt(text);
}

const base = (option: Option) => ({
  description: option.summary,
  ...(option.char === undefined ? {} : { char: option.char as Interfaces.AlphabetLowercase }),
  required: option.required ?? false,
});

const MAKERS: { readonly [K in OptionKind]: FlagMaker } = {
  boolean: (option) => Flags.boolean(base(option)) as Interfaces.Flag<unknown>,
  text: (option) => Flags.string({ ...base(option), helpValue: '<text>' }) as Interfaces.Flag<unknown>,
  texts: (option) =>
    Flags.string({ ...base(option), multiple: true, delimiter: ',', helpValue: '<text>' }) as Interfaces.Flag<unknown>,
  integer: (option) => Flags.integer({ ...base(option), min: 0, helpValue: '<n>' }) as Interfaces.Flag<unknown>,
  integers: (option) => Flags.string({ ...base(option), helpValue: '<list>' }) as Interfaces.Flag<unknown>,
  address: (option) => Flags.string({ ...base(option), helpValue: '<address>' }) as Interfaces.Flag<unknown>,
};

const PARSERS: { readonly [K in OptionKind]?: (text: string) => unknown } = {
  integers: parseIntegers,
  address: parseAddress,
};

/** The flags for a plugin's options, by name. */
export function flagsOf(options: Options): Record<string, Interfaces.Flag<unknown>> {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [flagName(name), MAKERS[option.kind](option)]),
  );
}

/** The option values that parsed flags give; throws `UsageError` on values that do not parse. */
export function optionsFrom<O extends Options>(options: O, flags: Readonly<Record<string, unknown>>): OptionsOf<O> {
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) {
    const given = flags[flagName(name)];
    if (given === undefined) continue;
    values[name] = PARSERS[option.kind]?.(given as string) ?? given;
  }
  return values as OptionsOf<O>;
}

/** `minLength` as a flag: `min-length`. */
function flagName(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
