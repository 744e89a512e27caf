/** Names of open registry keys, from the control blocks that the configuration manager keeps for them. */
import { latin1Text, utf16Text } from '../../core/bytes.js';
import type { StructView } from '../struct-view.js';
import { readBytes } from '../struct-view.js';

/** Keys nest at most 512 deep (documented limit). */
const MAX_DEPTH = 512;
const MAX_NAME = 512;

/** `\REGISTRY\MACHINE\SOFTWARE`; undefined when nothing of it can be read. */
export function keyPath(controlBlock: StructView): string | undefined {
  const parts: string[] = [];
  let current: StructView | undefined = controlBlock;
  for (let depth = 0; depth < MAX_DEPTH && current !== undefined; depth++) {
    const name = keyName(current);
    if (name === undefined) break;
    parts.unshift(name);
    current = current.follow('ParentKcb');
  }
  return parts.length === 0 ? undefined : `\\${parts.join('\\')}`;
}

function keyName(controlBlock: StructView): string | undefined {
  const block = controlBlock.follow('NameBlock');
  const length = block?.num('NameLength');
  if (block === undefined || length === undefined) return undefined;
  const bytes = readBytes(block.context, block.addressOf('Name'), Math.min(length, MAX_NAME));
  if (bytes === undefined) return undefined;
  // Names that fit are kept with one byte a character. A byte in 5.x, the lowest bit of a word later.
  return ((block.num('Compressed') ?? 0) & 1) === 1 ? latin1Text(bytes) : utf16Text(bytes);
}
