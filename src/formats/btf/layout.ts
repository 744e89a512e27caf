/**
 * The BPF Type Format as data: header, type kinds and how many bytes each kind's record carries.
 *
 * Source: Linux `Documentation/bpf/btf.rst` and `include/uapi/linux/btf.h` (kinds up to 19, ENUM64, came with 6.0).
 * Little-endian only, as on x86.
 */

export const BTF_MAGIC = 0xeb9f;
export const BTF_VERSION = 1;

/** Byte offsets in `struct btf_header`; section offsets count from the end of the header (`hdr_len`). */
export const HEADER = {
  magic: 0,
  version: 2,
  flags: 3,
  headerLength: 4,
  typeOffset: 8,
  typeLength: 12,
  stringOffset: 16,
  stringLength: 20,
  size: 24,
} as const;

/** Byte offsets in `struct btf_type`; `sizeOrType` is a union. */
export const TYPE = { name: 0, info: 4, sizeOrType: 8, size: 12 } as const;

export const KIND = {
  void: 0,
  int: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  forward: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  function: 12,
  functionPrototype: 13,
  variable: 14,
  dataSection: 15,
  float: 16,
  declarationTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;

/** Bytes that follow `struct btf_type`, by kind: a fixed part and a part for each of `vlen` elements. */
export const TRAILER: readonly { readonly fixed: number; readonly each: number }[] = [
  { fixed: 0, each: 0 }, // void: never stored
  { fixed: 4, each: 0 }, // int: encoding
  { fixed: 0, each: 0 }, // pointer
  { fixed: 12, each: 0 }, // array: btf_array
  { fixed: 0, each: 12 }, // struct: btf_member
  { fixed: 0, each: 12 }, // union: btf_member
  { fixed: 0, each: 8 }, // enum: btf_enum
  { fixed: 0, each: 0 }, // forward
  { fixed: 0, each: 0 }, // typedef
  { fixed: 0, each: 0 }, // volatile
  { fixed: 0, each: 0 }, // const
  { fixed: 0, each: 0 }, // restrict
  { fixed: 0, each: 0 }, // function
  { fixed: 0, each: 8 }, // function prototype: btf_param
  { fixed: 4, each: 0 }, // variable: linkage
  { fixed: 0, each: 12 }, // data section: btf_var_secinfo
  { fixed: 0, each: 0 }, // float
  { fixed: 4, each: 0 }, // declaration tag: component index
  { fixed: 0, each: 0 }, // type tag
  { fixed: 0, each: 12 }, // enum64: btf_enum64
];

/** Kinds that only stand before another type: qualifiers, typedefs, tags. */
export const isModifier = (kind: number): boolean =>
  (kind >= KIND.typedef && kind <= KIND.restrict) || kind === KIND.typeTag;

/** Bits of an INT's encoding byte. */
export const INT_SIGNED = 1;
export const INT_CHAR = 2;
export const INT_BOOL = 4;
