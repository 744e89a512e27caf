/**
 * Writes BTF for laid-out structures, after Documentation/bpf/btf.rst: integers, pointers, arrays and structures are all
 * that the synthetic guest's kernel has.
 */
import type { CType, Layouts } from './c-layout.js';

const KIND = { int: 1, pointer: 2, array: 3, struct: 4, forward: 7 } as const;
const HEADER_SIZE = 24;

export function writeBtf(layouts: Layouts): Buffer {
  const types: Buffer[] = [];
  const strings: Buffer[] = [Buffer.from([0])];
  let stringLength = 1;
  const ids = new Map<string, number>();

  const text = (name: string): number => {
    const at = stringLength;
    const bytes = Buffer.from(`${name}\0`, 'latin1');
    strings.push(bytes);
    stringLength += bytes.length;
    return at;
  };
  const record = (words: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(words.length * 4);
    words.forEach((word, index) => {
      bytes.writeUInt32LE(word >>> 0, index * 4);
    });
    return bytes;
  };
  /** The id of a type; structures are numbered when they are first met, so that they may refer to themselves. */
  const idOf = (type: CType): number => {
    if (type.kind === 'void') return 0;
    const key = JSON.stringify(type);
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = types.push(Buffer.alloc(0));
    ids.set(key, id);
    types[id - 1] = describe(type);
    return id;
  };
  const describe = (type: Exclude<CType, { kind: 'void' }>): Buffer => {
    switch (type.kind) {
      case 'int':
        return record([text(type.name), KIND.int << 24, type.size, (type.signed ? 1 << 24 : 0) | (type.size * 8)]);
      case 'pointer':
        return record([0, KIND.pointer << 24, idOf(type.target)]);
      case 'array':
        return record([
          0,
          KIND.array << 24,
          0,
          idOf(type.element),
          idOf({ kind: 'int', name: 'u32', size: 4, signed: false }),
          type.count,
        ]);
      case 'struct': {
        const struct = layouts.structs.get(type.name);
        if (struct === undefined) return record([text(type.name), KIND.forward << 24, 0]);
        const members = [...struct.members].flatMap(([name, member]) => [
          text(name),
          idOf(member.type),
          member.offset * 8,
        ]);
        return record([text(type.name), (KIND.struct << 24) | struct.members.size, struct.size, ...members]);
      }
    }
  };
  for (const name of layouts.structs.keys()) idOf({ kind: 'struct', name });

  const typeBytes = Buffer.concat(types);
  const header = Buffer.alloc(HEADER_SIZE);
  header.writeUInt16LE(0xeb9f, 0);
  header.writeUInt8(1, 2);
  header.writeUInt32LE(HEADER_SIZE, 4);
  header.writeUInt32LE(0, 8);
  header.writeUInt32LE(typeBytes.length, 12);
  header.writeUInt32LE(typeBytes.length, 16);
  header.writeUInt32LE(stringLength, 20);
  return Buffer.concat([header, typeBytes, ...strings]);
}
