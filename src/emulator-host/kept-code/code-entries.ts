/**
 * Kept code as one blob: a table of contents in JSON, then the bytes. No checks of what is inside: who stores blobs proves
 * that they come back whole, and the key says which version wrote them.
 */
import type { RegionRecord } from '../../emulator/jit/kept-region.js';

interface Compiled {
  /** The WebAssembly module. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its machine code, where V8 gave it. */
  readonly native: Uint8Array | undefined;
}

export type CodeEntry =
  | (Compiled & { readonly kind: 'handlers' })
  | (Compiled & { readonly kind: 'region'; readonly region: RegionRecord });

export interface CodeBlob {
  /** How many runs have written it. */
  readonly runs: number;
  readonly entries: readonly CodeEntry[];
}

interface Contents {
  readonly runs: number;
  readonly listed: readonly Listed[];
}

/** Lengths of the parts that follow each other; without a region, it is the module of handlers. */
interface Listed {
  readonly region?: Omit<RegionRecord, 'code'>;
  readonly lengths: readonly [bytes: number, native: number, code: number];
}

const LENGTH_BYTES = 4;

export function packCode({ runs, entries }: CodeBlob): Uint8Array {
  const parts: Uint8Array[] = [];
  const listed = entries.map((entry): Listed => {
    const native = entry.native ?? new Uint8Array();
    const code = entry.kind === 'region' ? entry.region.code : new Uint8Array();
    parts.push(entry.bytes, native, code);
    const lengths = [entry.bytes.length, native.length, code.length] as const;
    if (entry.kind === 'handlers') return { lengths };
    const { code: _code, ...region } = entry.region;
    return { region, lengths };
  });
  const contents = Buffer.from(JSON.stringify({ runs, listed } satisfies Contents));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(contents.length);
  return Buffer.concat([length, contents, ...parts]);
}

export function unpackCode(blob: Uint8Array | undefined): CodeBlob {
  if (blob === undefined) return { runs: 0, entries: [] };
  const contentsEnd = LENGTH_BYTES + Buffer.from(blob.buffer, blob.byteOffset).readUInt32LE(0);
  const contents = new TextDecoder().decode(blob.subarray(LENGTH_BYTES, contentsEnd));
  let position = contentsEnd;
  const take = (length: number): Uint8Array<ArrayBuffer> => {
    const part = blob.subarray(position, position + length);
    position += length;
    return part as Uint8Array<ArrayBuffer>;
  };
  const { runs, listed } = JSON.parse(contents) as Contents;
  const entries = listed.map(({ region, lengths }): CodeEntry => {
    const [bytes, native, code] = lengths.map(take) as [Uint8Array<ArrayBuffer>, Uint8Array, Uint8Array];
    const compiled = { bytes, native: native.length === 0 ? undefined : native };
    if (region !== undefined) return { kind: 'region', region: { ...region, code }, ...compiled };
    return { kind: 'handlers', ...compiled };
  });
  return { runs, entries };
}
