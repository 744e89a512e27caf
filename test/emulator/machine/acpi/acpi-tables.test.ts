/** The ACPI tables: checksums and pointers by hand, contents by Intel's own disassembler and compiler where installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { u32 } from '../../../../src/core/bytes.js';
import { buildAcpiTables } from '../../../../src/emulator/machine/acpi/acpi-tables.js';

const { address, bytes, tables } = buildAcpiTables();
const sum = (data: Uint8Array): number => data.reduce((total, byte) => (total + byte) & 0xff, 0);
const signature = (at: number): string => new TextDecoder().decode(bytes.subarray(at - address, at - address + 4));

test('the RSDP leads to every table, and all checksums are right', () => {
  expect(new TextDecoder().decode(bytes.subarray(0, 8))).toBe('RSD PTR ');
  expect([sum(bytes.subarray(0, 20)), sum(bytes.subarray(0, 36))]).toEqual([0, 0]);
  for (const [name, table] of tables) {
    expect([name, u32(table, 4)]).toEqual([name, table.length]);
    if (name !== 'FACS') expect([name, sum(table)]).toEqual([name, 0]);
  }
  const [rsdt, xsdt] = [u32(bytes, 16), u32(bytes, 24)];
  expect([signature(rsdt), signature(xsdt)]).toEqual(['RSDT', 'XSDT']);
  const pointers = [36, 40].map((offset) => u32(bytes, rsdt - address + offset));
  expect(pointers.map(signature)).toEqual(['FACP', 'APIC']);
  expect([36, 44].map((offset) => u32(bytes, xsdt - address + offset))).toEqual(pointers);
  const fadt = tables.get('FACP') as Uint8Array;
  expect([signature(u32(fadt, 36)), signature(u32(fadt, 40)), u32(fadt, 36) % 64]).toEqual(['FACS', 'DSDT', 0]);
});

const hasIasl = spawnSync('iasl', ['-v']).status === 0;

describe.skipIf(!hasIasl)('judged by iasl', () => {
  let folder = '';
  const texts = new Map<string, string>();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'memlapse-acpi-'));
    for (const [name, table] of tables) {
      writeFileSync(join(folder, `${name}.aml`), table);
      execFileSync('iasl', ['-d', `${name}.aml`], { cwd: folder, stdio: 'pipe' });
      texts.set(name, readFileSync(join(folder, `${name}.dsl`), 'latin1'));
    }
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('finds nothing to complain about in any table', () => {
    for (const [name, text] of texts)
      expect([name, /warning|invalid|error|incorrect/i.exec(text)?.[0]]).toEqual([name, undefined]);
  });

  test('compiles the disassembled DSDT without errors and warnings', () => {
    const output = execFileSync('iasl', ['DSDT.dsl'], { cwd: folder, encoding: 'latin1', stdio: 'pipe' });
    expect(output).toMatch(/0 Errors, 0 Warnings/);
  });

  test.each([
    ['FACP', 'SCI Interrupt', '0009'],
    ['FACP', 'PM1A Event Block Address', '00000600'],
    ['FACP', 'PM1A Control Block Address', '00000604'],
    ['FACP', 'PM Timer Block Address', '00000608'],
    ['FACP', 'Value to cause reset', '06'],
    ['FACP', 'Reset Register Supported \\(V2\\)', '1'],
    ['FACP', 'Hardware Reduced \\(V5\\)', '0'],
    ['APIC', 'Local Apic Address', 'FEE00000'],
    ['APIC', 'PC-AT Compatibility', '1'],
  ])('%s: %s is %s', (name, field, value) => {
    expect(texts.get(name)).toMatch(new RegExp(`${field} : ${value}\\b`));
  });

  test('the DSDT says how to power off, where the ports are and how PCI interrupts go', () => {
    const dsdt = (texts.get('DSDT') as string).replace(/\s*\/[/*].*$/gm, '').replace(/\s+/g, ' ');
    expect(dsdt).toContain('Name (\\_S5, Package (0x04) { 0x05, Zero, Zero, Zero })');
    expect(dsdt).toContain('EisaId ("PNP0A03")');
    expect(dsdt).toMatch(/Device \(COM1\).*IO \(Decode16, 0x03F8, 0x03F8, 0x01, 0x08, \) IRQNoFlags \(\) \{4\}/);
    expect(dsdt).toMatch(/Package \(0x04\) \{ 0x0002FFFF, Zero, Zero, 0x0A \}/);
  });
});
