/**
 * Finds fields of device sections of a migration stream by name, through the JSON description that ends the stream.
 *
 * Device sections have no length of their own; the description gives each field's size, so a field's place is the sum
 * of the sizes before it. Streams without a description (suppressed, or truncated) give nothing.
 */
import type { ByteSource } from '../byte-source.js';
import { readBytes } from '../sources/read-bytes.js';
import { section } from './layout.js';

/** Devices and description together are a few MiB, but for odd devices that keep their memory here. */
const MAX_STATE = 128 * 1024 * 1024;
const MAX_DEVICES = 10_000;

/** A field of the description; `size` is that of one element. */
interface FieldDescription {
  readonly name?: unknown;
  readonly size?: unknown;
  readonly array_len?: unknown;
}

interface DeviceDescription {
  readonly name?: unknown;
  readonly instance_id?: unknown;
  readonly version?: unknown;
  readonly fields?: unknown;
}

/** The bytes of one named field (of the whole array, for arrays). */
export type DeviceFields = ReadonlyMap<string, Uint8Array>;

function description(state: Buffer): readonly DeviceDescription[] {
  const mark = Buffer.from([section.eof, section.description]);
  for (let at = state.indexOf(mark); at >= 0; at = state.indexOf(mark, at + 1)) {
    if (at + 6 > state.length) break;
    const text = at + 6;
    const end = text + state.readUInt32BE(at + 2);
    if (state[text] !== 0x7b || end > state.length) continue;
    try {
      const { devices } = JSON.parse(state.toString('utf8', text, end)) as { devices?: unknown };
      if (Array.isArray(devices)) return devices.slice(0, MAX_DEVICES).filter((one) => typeof one === 'object' && one);
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
    }
  }
  return [];
}

/** The header of a FULL section, as far as it is known before its id. */
function sectionName(device: DeviceDescription): Buffer {
  const name = Buffer.from(String(device.name), 'latin1');
  const header = Buffer.alloc(1 + name.length + 8);
  header[0] = name.length;
  name.copy(header, 1);
  header.writeUInt32BE(Number(device.instance_id) >>> 0, 1 + name.length);
  header.writeUInt32BE(Number(device.version) >>> 0, 5 + name.length);
  return header;
}

/** Offset of the device's first field in `state`, or -1. */
function fieldsOf(device: DeviceDescription, state: Buffer): number {
  const header = sectionName(device);
  for (let at = state.indexOf(header); at >= 0; at = state.indexOf(header, at + 1))
    if (at >= 5 && state[at - 5] === section.full) return at + header.length;
  return -1;
}

function readFields(device: DeviceDescription, state: Buffer): DeviceFields {
  const fields = new Map<string, Uint8Array>();
  let at = fieldsOf(device, state);
  if (at < 0 || !Array.isArray(device.fields)) return fields;
  for (const field of device.fields as FieldDescription[]) {
    const size = Number(field?.size) * Number(field?.array_len ?? 1);
    if (!(size >= 0 && at + size <= state.length)) break;
    fields.set(String(field.name), state.subarray(at, at + size));
    at += size;
  }
  return fields;
}

/**
 * The fields of every instance of the named devices.
 * @param start file offset of the first device section.
 * @returns by device name, instances in the order of the stream.
 */
export function readDevices(source: ByteSource, start: number, names: readonly string[]): Map<string, DeviceFields[]> {
  const bytes = readBytes(source, start, Math.min(source.size - start, MAX_STATE));
  const state = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = new Map<string, DeviceFields[]>(names.map((name) => [name, []]));
  for (const device of description(state)) found.get(String(device.name))?.push(readFields(device, state));
  return found;
}
