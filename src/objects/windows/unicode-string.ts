/** UTF-16 text in guest memory that a `UNICODE_STRING` leads to. */
import { utf16Text } from '../../core/bytes.js';
import { readBytes, type StructView, type ViewContext } from '../struct-view.js';

/** Longest text that is read; NT's own limit is 65534 bytes. */
const MAX_BYTES = 65_534;

/**
 * The text of the `_UNICODE_STRING` member `path`; '' when it is empty, undefined when unreadable.
 * @param context the space that its buffer lies in, where that is not the one of the view
 */
export function unicodeString(
  view: StructView,
  path: string,
  context: ViewContext = view.context,
  limit: number = MAX_BYTES,
): string | undefined {
  return stringText(view.at(path), context, limit);
}

/** The text of a `_UNICODE_STRING`; '' when it is empty, undefined when unreadable. */
export function stringText(
  string: StructView,
  context: ViewContext = string.context,
  limit: number = MAX_BYTES,
): string | undefined {
  const length = string.num('Length');
  const buffer = string.ptr('Buffer');
  if (length === undefined || buffer === undefined) return undefined;
  if (length === 0 || buffer === 0n) return '';
  const bytes = readBytes(context, buffer, Math.min(length, limit));
  return bytes && utf16Text(bytes);
}
