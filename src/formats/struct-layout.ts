/**
 * Binary structures as data: a layout names its fields in file order, and reading, writing and the size follow from it.
 *
 * For file headers, which are few. Not for guest structures (those come from profiles) and not for hot loops: a
 * format that has millions of small records reads them with typed arrays or `core/bytes`.
 */

/** How one field is stored. `size` is in bytes. */
export interface FieldType<T> {
  readonly size: number;
  read(view: DataView, offset: number, littleEndian: boolean): T;
  write(view: DataView, offset: number, value: T, littleEndian: boolean): void;
}

/** Fields in file order. Names that begin with `_` are padding: counted, zero when written, absent from values. */
export type Fields = Readonly<Record<string, FieldType<unknown>>>;

/** The value of a structure with these fields. */
export type StructValue<F extends Fields> = {
  -readonly [K in keyof F as K extends `_${string}` ? never : K]: F[K] extends FieldType<infer T> ? T : never;
};

/** A layout: itself a field type, so structures nest. */
export interface StructLayout<F extends Fields> extends FieldType<StructValue<F>> {
  /** Byte offset of each field. */
  readonly offsets: { readonly [K in keyof F]: number };
  /** The structure at `offset`, or undefined when `bytes` ends before it does. */
  decode(bytes: Uint8Array, offset?: number): StructValue<F> | undefined;
  /** The structure as `size` fresh bytes. */
  encode(value: StructValue<F>): Uint8Array;
}

/** A value of the layout `L`: `type Header = LayoutValue<typeof header>`. */
export type LayoutValue<L> = L extends FieldType<infer T> ? T : never;

type Accessor<T> = (view: DataView, offset: number, littleEndian: boolean) => T;
type Mutator<T> = (view: DataView, offset: number, value: T, littleEndian: boolean) => void;

function field<T>(size: number, read: Accessor<T>, write: Mutator<T>): FieldType<T> {
  return { size, read, write };
}

export const u8 = field<number>(
  1,
  (view, at) => view.getUint8(at),
  (view, at, value) => view.setUint8(at, value),
);
export const u16 = field<number>(
  2,
  (view, at, little) => view.getUint16(at, little),
  (view, at, value, little) => view.setUint16(at, value, little),
);
export const u32 = field<number>(
  4,
  (view, at, little) => view.getUint32(at, little),
  (view, at, value, little) => view.setUint32(at, value, little),
);
export const i32 = field<number>(
  4,
  (view, at, little) => view.getInt32(at, little),
  (view, at, value, little) => view.setInt32(at, value, little),
);
/** 32 bits as a bigint, for layouts whose 64-bit twin has a `u64` in the same place. */
export const u32b = field<bigint>(
  4,
  (view, at, little) => BigInt(view.getUint32(at, little)),
  (view, at, value, little) => view.setUint32(at, Number(value), little),
);
/** All 64 bits: registers and virtual addresses. */
export const u64 = field<bigint>(
  8,
  (view, at, little) => view.getBigUint64(at, little),
  (view, at, value, little) => view.setBigUint64(at, value, little),
);
/**
 * 64 bits as a number: sizes, file offsets and physical addresses. Above 2^53 the low bits are lost, but such a value
 * stays huge, so the reader's bounds check refuses it all the same.
 */
export const u64n = field<number>(
  8,
  (view, at, little) =>
    view.getUint32(at + (little ? 4 : 0), little) * 2 ** 32 + view.getUint32(at + (little ? 0 : 4), little),
  (view, at, value, little) => view.setBigUint64(at, BigInt(value), little),
);

/** `count` raw bytes; reading copies them. */
export function bytes(count: number): FieldType<Uint8Array> {
  const inside = (view: DataView, at: number) => new Uint8Array(view.buffer, view.byteOffset + at, count);
  return field(
    count,
    (view, at) => inside(view, at).slice(),
    (view, at, value) => inside(view, at).set(value.subarray(0, count)),
  );
}

/** `count` bytes that are not interpreted. */
export function pad(count: number): FieldType<undefined> {
  return field(
    count,
    () => undefined,
    () => undefined,
  );
}

/** Text of at most `count` bytes, one character a byte, cut at the first NUL. */
export function text(count: number): FieldType<string> {
  const raw = bytes(count);
  return field(
    count,
    (view, at, little) => {
      const all = String.fromCharCode(...raw.read(view, at, little));
      const end = all.indexOf('\0');
      return end < 0 ? all : all.slice(0, end);
    },
    (view, at, value, little) =>
      raw.write(
        view,
        at,
        Uint8Array.from(value, (c) => c.charCodeAt(0)),
        little,
      ),
  );
}

/** `count` values of one type, one after the other. */
export function array<T>(element: FieldType<T>, count: number): FieldType<T[]> {
  return field(
    element.size * count,
    (view, at, little) => Array.from({ length: count }, (_, i) => element.read(view, at + i * element.size, little)),
    (view, at, value, little) => {
      for (const [i, one] of value.entries()) element.write(view, at + i * element.size, one, little);
    },
  );
}

/**
 * A layout from its fields, without implicit padding.
 * `endian` is that of every field that is not a structure with an order of its own; little unless told.
 */
export function struct<const F extends Fields>(fields: F, endian: 'little' | 'big' = 'little'): StructLayout<F> {
  const little = endian === 'little';
  const offsets: Record<string, number> = {};
  let size = 0;
  for (const [name, type] of Object.entries(fields)) {
    offsets[name] = size;
    size += type.size;
  }
  const named = Object.entries(fields)
    .filter(([name]) => !name.startsWith('_'))
    .map(([name, type]) => ({ name, type, offset: offsets[name] as number }));

  const read = (view: DataView, at: number): StructValue<F> => {
    const value: Record<string, unknown> = {};
    for (const { name, type, offset } of named) value[name] = type.read(view, at + offset, little);
    return value as StructValue<F>;
  };
  const write = (view: DataView, at: number, value: StructValue<F>): void => {
    const values = value as Record<string, unknown>;
    for (const { name, type, offset } of named) type.write(view, at + offset, values[name], little);
  };
  return {
    size,
    offsets: offsets as { readonly [K in keyof F]: number },
    read,
    write,
    decode(source, offset = 0) {
      if (offset < 0 || offset + size > source.length) return undefined;
      return read(new DataView(source.buffer, source.byteOffset + offset, size), 0);
    },
    encode(value) {
      const out = new Uint8Array(size);
      write(new DataView(out.buffer), 0, value);
      return out;
    },
  };
}
