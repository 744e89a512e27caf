/**
 * Kept code as one blob: a table of contents in JSON, then the bytes. No checks of what is inside: who stores blobs proves
 * that they come back whole, and the key says which version wrote them.
 */
import type { RegionRecord } from '../../emulator/jit/kept-region.js';
import type { Leave, Leaves } from '../../emulator/jit/leave.js';

interface Compiled {
  /** The WebAssembly module. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its machine code, where V8 gave it. */
  readonly native: Uint8Array | undefined;
}

export type CodeEntry =
  | (Compiled & { readonly kind: 'handlers' })
  /** One region, or many in one module, in the order of its functions. */
  | (Compiled & { readonly kind: 'regions'; readonly regions: readonly RegionRecord[] });

export interface CodeBlob {
  /** How many runs have written it. */
  readonly runs: number;
  readonly entries: readonly CodeEntry[];
}

interface Contents {
  readonly runs: number;
  readonly listed: readonly Listed[];
}

/** Lengths of the parts that follow each other; what has no regions is the module of handlers. */
interface Listed {
  readonly regions?: readonly Omit<RegionRecord, 'code' | 'leaves'>[];
  /** Of the module, its machine code, then code and leaves (JSON) of each region. */
  readonly lengths: readonly number[];
}

const LENGTH_BYTES = 4;

export function packCode({ runs, entries }: CodeBlob): Uint8Array {
  const parts: Uint8Array[] = [];
  const listed = entries.map((entry): Listed => {
    const native = entry.native ?? new Uint8Array();
    parts.push(entry.bytes, native);
    if (entry.kind === 'handlers') return { lengths: [entry.bytes.length, native.length] };
    const own = entry.regions.flatMap(({ code, leaves }) => [code, Buffer.from(JSON.stringify(leaves()))]);
    parts.push(...own);
    return {
      regions: entry.regions.map(({ code: _code, leaves: _leaves, ...region }) => region),
      lengths: [entry.bytes.length, native.length, ...own.map(({ length }) => length)],
    };
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
  const entries = listed.map(({ regions, lengths }): CodeEntry => {
    const [bytes, native, ...own] = lengths.map(take) as [Uint8Array<ArrayBuffer>, ...Uint8Array[]];
    const compiled = { bytes, native: native?.length === 0 ? undefined : native };
    if (regions === undefined) return { kind: 'handlers', ...compiled };
    return {
      kind: 'regions',
      regions: regions.map((region, i) => ({
        ...region,
        code: own[2 * i] as Uint8Array,
        leaves: leavesOf(own[2 * i + 1] as Uint8Array),
      })),
      ...compiled,
    };
  });
  return { runs, entries };
}

/** Parsed once it is needed: a run leaves few of its regions before an instruction. */
function leavesOf(text: Uint8Array): Leaves {
  let leaves: readonly Leave[] | undefined;
  return () => {
    leaves ??= JSON.parse(new TextDecoder().decode(text)) as Leave[];
    return leaves;
  };
}
