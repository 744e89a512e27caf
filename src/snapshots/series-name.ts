/** What a series, a tag, a run or a guest may be called: what needs no quoting in a shell, a file name or `snapshot:NAME@TAG`. */
import { UsageError } from '../core/errors.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @throws UsageError unless `name` can be one */
export function checkSeriesName(name: string): void {
  if (NAME.test(name)) return;
  throw new UsageError(`'${name}' cannot be a name`, 'use letters, digits, dots, dashes and underscores, at most 64');
}

/** Words behind the @ that mean something else (select-snapshot.ts). */
const NO_TAG = /^(\d+|first|last)$/;

/** @throws UsageError unless `tag` can lead to a snapshot */
export function checkTag(tag: string): void {
  checkSeriesName(tag);
  if (NO_TAG.test(tag)) throw new UsageError(`'${tag}' cannot be a tag: @${tag} has a meaning`, 'choose another word');
}
