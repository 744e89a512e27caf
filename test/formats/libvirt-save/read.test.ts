import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../builders/byte-writer.js';
import { plainGuest } from '../builders/guest.js';
import { buildMigration } from '../builders/migration.js';
import { expectGuest, openBytes } from '../open-bytes.js';

const stream = buildMigration({ blocks: [{ name: 'pc.ram', bytes: plainGuest[0]!.bytes }] });

/** As `virsh save` writes it: header, domain XML, stream. */
function save(contents: Uint8Array): Buffer {
  const xml = '<domain type="kvm"><name>guest</name></domain>\0';
  const out = new ByteWriter().text('LibvirtQemudSave').u32(2, xml.length, 1, 0, 0).zeros(56);
  return out.text(xml).bytes(contents).done();
}

describe('a file saved by libvirt', () => {
  test('holds a stream', async () => {
    expectGuest(await openBytes(save(stream)), plainGuest);
  });

  test('may hold it compressed', async () => {
    expectGuest(await openBytes(save(gzipSync(stream))), plainGuest);
  });

  test('without a stream is refused', async () => {
    await expect(openBytes(save(Buffer.alloc(0)))).rejects.toThrow('a libvirt save file without a machine in it');
  });
});
