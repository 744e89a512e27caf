/** What a series or a tag may be called: what needs no quoting in a shell, a file name or `snapshot:NAME@TAG`. */
import { UsageError } from '../core/errors.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @throws UsageError unless `name` can be one */
export function checkSeriesName(name: string): void {
  if (NAME.test(name)) return;
  throw new UsageError(`'${name}' cannot name a series or a tag`, 'use letters, digits, dots, dashes, at most 64');
}
