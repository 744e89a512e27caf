/** What LLVM's reader says about the types of a program database: aggregates with their sizes, members and constants. */
import { execFileSync } from 'node:child_process';

export interface LlvmAggregate {
  readonly kind: string;
  readonly name: string;
  readonly size: number;
  readonly isForward: boolean;
  /** `name offset` of members, `name = value` of constants; of lists that are continued all. */
  readonly fields: readonly string[];
}

interface Record {
  readonly kind: string;
  readonly name: string;
  readonly lines: string[];
}

/** By index of the record. */
export function llvmAggregates(path: string): Map<number, LlvmAggregate> {
  const text = execFileSync('llvm-pdbutil', ['dump', '-types', path], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const records = new Map<number, Record>();
  let current: Record | undefined;
  for (const line of text.split('\n')) {
    const [, index, kind = '', name = ''] = /^ +0x([0-9A-F]+) \| (LF_\w+) \[size = \d+\](?: `(.*)`)?/.exec(line) ?? [];
    if (index !== undefined) {
      current = { kind, name, lines: [] };
      records.set(Number.parseInt(index, 16), current);
    } else current?.lines.push(line);
  }
  const fieldsOf = (index: number): string[] =>
    (records.get(index)?.lines ?? []).flatMap((line) => {
      const [, member, offset] = /LF_MEMBER \[name = `(.*)`, Type = .*, offset = (\d+), /.exec(line) ?? [];
      if (member !== undefined) return [`${member} ${offset}`];
      const [, constant, value] = /LF_ENUMERATE \[(.*) = (-?\d+)\]/.exec(line) ?? [];
      if (constant !== undefined) return [`${constant} = ${value}`];
      const [, more] = /LF_INDEX continuation = 0x([0-9A-F]+)/.exec(line) ?? [];
      return more === undefined ? [] : fieldsOf(Number.parseInt(more, 16));
    });
  const out = new Map<number, LlvmAggregate>();
  for (const [index, { kind, name, lines }] of records) {
    if (!/^LF_(?:STRUCTURE|CLASS|UNION|ENUM)$/.test(kind)) continue;
    const all = lines.join('\n');
    const list = /field list: 0x([0-9A-F]+)/.exec(all)?.[1];
    out.set(index, {
      kind,
      name,
      size: Number(/sizeof (\d+)/.exec(all)?.[1] ?? 0),
      isForward: /forward ref/.test(all),
      fields: list === undefined ? [] : fieldsOf(Number.parseInt(list, 16)),
    });
  }
  return out;
}
