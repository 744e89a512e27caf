/** Types of registry values, and their data as text. Source: winnt.h (REG_…). */
import { u32, u64, utf16Text } from '../../core/bytes.js';

const utf16 = new TextDecoder('utf-16le');

function hexText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

function bigEndian(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

interface ValueType {
  readonly name: string;
  /** The data as text; bytes that don't make a value of the type are written in hex. */
  text(bytes: Uint8Array): string;
}

const number = (size: number, read: (bytes: Uint8Array) => number | bigint) => (bytes: Uint8Array) =>
  bytes.length === size ? `${read(bytes)}` : hexText(bytes);

export const VALUE_TYPES: readonly ValueType[] = [
  { name: 'REG_NONE', text: hexText },
  { name: 'REG_SZ', text: utf16Text },
  { name: 'REG_EXPAND_SZ', text: utf16Text },
  { name: 'REG_BINARY', text: hexText },
  { name: 'REG_DWORD', text: number(4, (bytes) => u32(bytes, 0)) },
  { name: 'REG_DWORD_BIG_ENDIAN', text: number(4, bigEndian) },
  { name: 'REG_LINK', text: utf16Text },
  { name: 'REG_MULTI_SZ', text: (bytes) => multiStrings(bytes).join('; ') },
  { name: 'REG_RESOURCE_LIST', text: hexText },
  { name: 'REG_FULL_RESOURCE_DESCRIPTOR', text: hexText },
  { name: 'REG_RESOURCE_REQUIREMENTS_LIST', text: hexText },
  { name: 'REG_QWORD', text: number(8, (bytes) => u64(bytes, 0)) },
];

/** `REG_SZ`; the number in hex where there is no such type (SAM keeps counters there, other hives keep GUIDs). */
export function valueTypeName(type: number): string {
  return VALUE_TYPES[type]?.name ?? `0x${type.toString(16)}`;
}

/** The data as one text. */
export function valueText(type: number, bytes: Uint8Array): string {
  return (VALUE_TYPES[type]?.text ?? hexText)(bytes);
}

/** The strings of a REG_MULTI_SZ, up to the empty one. */
export function multiStrings(bytes: Uint8Array): string[] {
  const parts = utf16.decode(bytes.subarray(0, bytes.length & ~1)).split('\0');
  const end = parts.indexOf('');
  return end < 0 ? parts : parts.slice(0, end);
}
