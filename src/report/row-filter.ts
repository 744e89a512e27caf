/**
 * `--filter` and `--columns`: which rows are shown, and which of their columns. Compares what the JSON output shows.
 */
import type { Columns, Row } from '../core/columns.js';
import { UsageError } from '../core/errors.js';
import { jsonValue } from './values.js';

type Test = (shown: string, wanted: string) => boolean;

const number = (text: string): number => (text === '' ? Number.NaN : Number(text));
/** Numbers (decimal or hex) by value, everything else as text. */
const equal: Test = (shown, wanted) =>
  shown === wanted || (number(shown) === number(wanted) && !Number.isNaN(number(shown)));
const order = (shown: string, wanted: string): number => {
  const [left, right] = [number(shown), number(wanted)];
  if (Number.isNaN(left) || Number.isNaN(right)) return shown < wanted ? -1 : shown > wanted ? 1 : 0;
  return left - right;
};

/** Longest operators first, so that `!=` is not read as `=`. */
const OPERATORS: readonly (readonly [string, Test])[] = [
  ['!=', (shown, wanted) => !equal(shown, wanted)],
  ['>=', (shown, wanted) => shown !== '' && order(shown, wanted) >= 0],
  ['<=', (shown, wanted) => shown !== '' && order(shown, wanted) <= 0],
  ['~', (shown, wanted) => pattern(wanted).test(shown)],
  ['=', equal],
  ['>', (shown, wanted) => shown !== '' && order(shown, wanted) > 0],
  ['<', (shown, wanted) => shown !== '' && order(shown, wanted) < 0],
];

const patterns = new Map<string, RegExp>();

function pattern(source: string): RegExp {
  let compiled = patterns.get(source);
  if (compiled === undefined) {
    try {
      compiled = new RegExp(source, 'iu');
    } catch (error) {
      throw new UsageError(`'${source}' is not a regular expression: ${(error as Error).message}`);
    }
    patterns.set(source, compiled);
  }
  return compiled;
}

/** The column called `name`, whatever its case; throws `UsageError` naming those there are. */
function columnNamed(columns: Columns, name: string): string {
  const found = Object.keys(columns).find((each) => each.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  throw new UsageError(`there is no column '${name}'`, `the columns are ${Object.keys(columns).join(', ')}`);
}

/** A test that rows must pass: all of `expressions` (`name=bash`, `pid>100`, `path~^/tmp`). Throws `UsageError`. */
export function rowFilter(columns: Columns, expressions: readonly string[]): (row: Row) => boolean {
  const tests = expressions.map((expression) => {
    const match = /^([A-Za-z0-9]+)(!=|>=|<=|~|=|>|<)(.*)$/s.exec(expression);
    if (match === null)
      throw new UsageError(`'${expression}' is not a filter`, 'write column=value, !=, <, >, <=, >= or ~regex');
    const [, column = '', operator = '', wanted = ''] = match;
    const name = columnNamed(columns, column);
    const test = OPERATORS.find(([sign]) => sign === operator)?.[1] ?? equal;
    if (operator === '~') pattern(wanted);
    return (row: Row) => {
      const value = jsonValue(columns[name]!, row[name]);
      return test(value === null ? '' : Array.isArray(value) ? value.join(',') : String(value), wanted);
    };
  });
  return (row) => tests.every((test) => test(row));
}

/** The columns named by `wanted`, in that order and none of them quiet; all of `columns` when nothing was asked for. */
export function selectColumns(columns: Columns, wanted: readonly string[] | undefined): Columns {
  if (wanted === undefined || wanted.length === 0) return columns;
  return Object.fromEntries(
    wanted.map((each) => {
      const name = columnNamed(columns, each.trim());
      return [name, { ...columns[name]!, quiet: false }];
    }),
  );
}
