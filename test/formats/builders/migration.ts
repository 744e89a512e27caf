/**
 * Builds QEMU migration streams from QEMU's documentation of the protocol (docs/devel/migration), with a `cpu` and an RTC
 * section and the JSON description at the end.
 */
import { deflateSync } from 'node:zlib';
import { ByteWriter } from './byte-writer.js';

export interface MigrationOptions {
  readonly machine?: string;
  readonly blocks: readonly { readonly name: string; readonly bytes: Buffer }[];
  readonly cr3?: bigint;
  /** Bytes below and above 4 GiB for the RTC's CMOS. */
  readonly cmos?: readonly [below: number, above: number];
  /** Sends these pages (block name, frame) as zlib. */
  readonly zlib?: (frame: number) => boolean;
  /** Sends all pages first with other contents, as a live migration does with pages that change. */
  readonly resend?: boolean;
  readonly description?: boolean;
  readonly footers?: boolean;
  readonly configuration?: string;
  /** Sends an unknown iterable section before RAM's parts. */
  readonly foreignSection?: boolean;
  /** Sends this page as an XBZRLE difference. */
  readonly xbzrle?: number;
}

const PAGE = 4096;
const FLAG = { zero: 2, memSize: 4, page: 8, eos: 16, same: 32, xbzrle: 64, zlib: 256 };

function pages(out: ByteWriter, options: MigrationOptions, change: (page: Buffer) => Buffer): void {
  for (const { name, bytes } of options.blocks) {
    for (let at = 0; at < bytes.length; at += PAGE) {
      const page = change(bytes.subarray(at, at + PAGE));
      const frame = at / PAGE;
      const header = (flag: number) => {
        out.u64(at + flag + (at > 0 ? FLAG.same : 0));
        if (at === 0) out.u8(name.length).text(name);
      };
      if (options.xbzrle === frame) {
        header(FLAG.xbzrle);
        out.u8(1).u16(5).zeros(5);
      } else if (options.zlib?.(frame)) {
        const packed = deflateSync(page);
        header(FLAG.zlib);
        out.u32(packed.length).bytes(packed);
      } else if (page.every((byte) => byte === 0)) {
        header(FLAG.zero);
        out.u8(0);
      } else {
        header(FLAG.page);
        out.bytes(page);
      }
    }
  }
}

interface Device {
  readonly name: string;
  readonly version: number;
  readonly fields: readonly (readonly [name: string, length: number, bytes: Buffer])[];
}

function devices(options: MigrationOptions): Device[] {
  const { cr3 = 0x1234000n, cmos = [0, 0] } = options;
  const u64 = (...values: bigint[]) => new ByteWriter('big').u64(...values).done();
  const segment = (base: bigint) => new ByteWriter('big').u32(8).u64(base).u32(0xffff, 0).done();
  const rtc = Buffer.alloc(128);
  const steps = (bytes: number) => Math.max(0, bytes) / 65536;
  rtc.writeUInt16LE(steps(cmos[0] - 16 * 2 ** 20), 0x34);
  rtc.writeUIntLE(steps(cmos[1]), 0x5b, 3);
  return [
    { name: 'timer', version: 2, fields: [['cpu_ticks_offset', 1, u64(1n)]] },
    {
      name: 'cpu',
      version: 12,
      fields: [
        ['env.regs', 16, u64(...Array.from({ length: 16 }, (_, i) => BigInt(i)))],
        ['env.eip', 1, u64(0xffff_ffff_8100_0000n)],
        ['env.segs', 6, Buffer.concat([0n, 1n, 2n, 3n, 4n, 0x7000n].map(segment))],
        ['env.idt', 1, segment(0xffff_fe00_0000_0000n)],
        ['env.cr[0]', 1, u64(0x80050033n)],
        ['env.cr[3]', 1, u64(cr3)],
        ['env.cr[4]', 1, u64(0x6f0n)],
        ['env.kernelgsbase', 1, u64(0x9000n)],
      ],
    },
    { name: 'mc146818rtc', version: 3, fields: [['cmos_data', 1, rtc]] },
  ];
}

export function buildMigration(options: MigrationOptions): Buffer {
  const { machine = 'pc-i440fx-7.2', footers = true, description = true } = options;
  const out = new ByteWriter('big').u32(0x5145564d, 3);
  out
    .u8(7)
    .u32(machine.length)
    .text(machine)
    .text(options.configuration ?? '');
  const footer = (id: number) => (footers ? out.u8(0x7e).u32(id) : out);

  out.u8(1).u32(2).u8(3).text('ram').u32(0, 4);
  const total = options.blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
  out.u64(total + FLAG.memSize);
  for (const { name, bytes } of options.blocks) out.u8(name.length).text(name).u64(bytes.length);
  out.u64(FLAG.eos);
  footer(2);
  if (options.foreignSection) {
    out.u8(1).u32(3).u8(12).text('dirty-bitmap').u32(0, 1).u8(1);
    footer(3);
  }
  out.u8(8).u16(7, 4).u32(0);
  if (options.resend) {
    out.u8(2).u32(2);
    pages(out, options, (page) => Buffer.from(page.map((byte) => byte ^ 0xff)));
    out.u64(FLAG.eos);
    footer(2);
  }
  out.u8(3).u32(2);
  pages(out, options, (page) => page);
  out.u64(FLAG.eos);
  footer(2);

  const sections = devices(options);
  for (const [i, { name, version, fields }] of sections.entries()) {
    out
      .u8(4)
      .u32(10 + i)
      .u8(name.length)
      .text(name)
      .u32(0, version);
    for (const [, , bytes] of fields) out.bytes(bytes);
    footer(10 + i);
  }
  out.u8(0);
  if (description) {
    const json = JSON.stringify({
      page_size: PAGE,
      devices: sections.map(({ name, version, fields }) => ({
        name,
        instance_id: 0,
        vmsd_name: name,
        version,
        fields: fields.map(([field, length, bytes]) => ({
          name: field,
          ...(length > 1 ? { array_len: length } : {}),
          type: 'x',
          size: bytes.length / length,
        })),
      })),
    });
    out.u8(6).u32(json.length).text(json);
  }
  return out.done();
}
