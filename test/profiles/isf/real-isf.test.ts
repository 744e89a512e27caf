/** Symbol files that other tools made, against a plain `JSON.parse` of the same text. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { IsfDocument } from '../../../src/profiles/isf/isf-document.js';
import { IsfSymbols } from '../../../src/profiles/isf/isf-symbols.js';
import { IsfTypeSource } from '../../../src/profiles/isf/isf-type-source.js';
import { images } from '../../ground-truth/images.js';
import type { IsfField, IsfFileShape } from './isf-file-shape.js';

const found = images().flatMap((image) =>
  image.files.filter((name) => name.endsWith('.json')).map((name) => [`${image.name}/${name}`, image, name] as const),
);

describe.skipIf(found.length === 0)('symbol files of other tools', () => {
  it.each(found)('%s', async (_, image, name) => {
    const text = readFileSync(await image.file(name));
    const document = new IsfDocument(name, text);
    const types = new IsfTypeSource(document);
    const whole = JSON.parse(text.toString()) as IsfFileShape;
    expect(types.pointerSize).toBe(whole.base_types.pointer?.size);
    expect([...types.structNames()].sort()).toEqual(Object.keys(whole.user_types).sort());

    const wrong: string[] = [];
    for (const [struct, { size, fields }] of Object.entries(whole.user_types)) {
      const expected = flat(whole, fields, 0);
      const got = types.struct(struct);
      const offsets = [...(got?.fields.values() ?? [])].map(({ name: field, offset, type }) => {
        return `${field} ${offset * 8 + (type.kind === 'bitfield' ? type.position : 0)}`;
      });
      if (got?.size !== size || offsets.join() !== expected.join()) wrong.push(struct);
    }
    expect(wrong).toEqual([]);

    const enums = Object.entries(whole.enums).filter(([key, { constants }]) => {
      const got = [...(types.enum(key)?.constants ?? [])].map(([constant, value]) => `${constant} ${Number(value)}`);
      return (
        got.join() !==
        Object.entries(constants)
          .map(([constant, value]) => `${constant} ${value}`)
          .join()
      );
    });
    expect(enums).toEqual([]);

    const symbols = new IsfSymbols(document, 0n, 0n);
    const listed = new Map([...symbols.symbols()].map(({ name: symbol, address }) => [symbol, Number(address)]));
    const differing = Object.entries(whole.symbols).filter(([symbol, { address }]) => listed.get(symbol) !== address);
    expect(differing).toEqual([]);
    for (const symbol of Object.keys(whole.symbols).slice(0, 500)) {
      expect(Number(symbols.address(symbol))).toBe(whole.symbols[symbol]?.address);
    }
  });
});

/** `member bit-offset` of every member, those of nameless ones in their place; the first of one name counts. */
function flat(whole: IsfFileShape, fields: Record<string, IsfField>, base: number): string[] {
  const lines = new Map<string, string>();
  for (const [name, { offset, type, anonymous }] of Object.entries(fields)) {
    const inner = anonymous === true ? whole.user_types[type.name ?? '']?.fields : undefined;
    const own =
      inner === undefined
        ? [`${name} ${(base + offset) * 8 + (type.bit_position ?? 0)}`]
        : flat(whole, inner, base + offset);
    for (const line of own) if (!lines.has(line.split(' ')[0] ?? '')) lines.set(line.split(' ')[0] ?? '', line);
  }
  return [...lines.values()];
}
