/** `emulate` on Debian's own kernels with their default command line: console, script, power-off, exit codes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeRun } from '../../src/cli/describe-run.js';
import { emulate } from '../../src/emulator-host/emulate.js';
import { type EmulateOptions, type EmulateResult, parseMemorySize } from '../../src/emulator-host/emulate-options.js';
import { buildElf, xenNote } from '../emulator/machine/boot/elf-builder.js';
import { debianGuest } from './debian-guests.js';

const folder = mkdtempSync(join(tmpdir(), 'memlapse-emulate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(options: EmulateOptions): Promise<{ result: EmulateResult; console: string }> {
  const chunks: Uint8Array[] = [];
  const result = await emulate(options, { output: (bytes) => chunks.push(bytes) });
  return { result, console: Buffer.concat(chunks).toString('latin1') };
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A PVH kernel of raw 32-bit code. */
function kernel(name: string, code: readonly number[]): string {
  const segments = [
    { paddr: 0x10_0000, data: Uint8Array.from(code) },
    { type: 4, paddr: 0, data: xenNote(18, 0x10_0000) },
  ];
  return file(name, buildElf(32, 0x10_0000, segments));
}

/** mov dx, 3f8h, then each byte: mov al, byte; out dx, al. */
const print = (text: string): number[] => [
  0x66, 0xba, 0xf8, 0x03,
  ...[...new TextEncoder().encode(text)].flatMap((byte) => [0xb0, byte, 0xee]),
]; // biome-ignore format: instructions

describe('small kernels', () => {
  test.each([
    ['halt', [0xf4], 'halted', 0],
    ['crash', [0x0f, 0x0b], 'triple-fault', 1],
    ['pass', [0xb0, 0, 0xe6, 0xf4], 'exit', 0],
    ['fail', [0xb0, 7, 0xe6, 0xf4], 'exit', 1],
    ['panic', [...print('Kernel panic - not syncing: x\n'), 0xeb, 0xfe], 'panic', 1],
  ])('%s', async (name, code, kind, exitCode) => {
    const { result } = await run({ kernel: kernel(name, code), memoryBytes: 8 << 20 });
    expect([result.outcome.kind, result.exitCode, result.protocol]).toEqual([kind, exitCode, 'PVH']);
  });

  test('stops at an instruction limit and hashes the state alike', async () => {
    const options = {
      kernel: kernel('loop', [0x40, 0xeb, 0xfd]),
      icountLimit: 12_345,
      stateHash: true,
      memoryBytes: 8 << 20,
    };
    const [first, second] = [await run(options), await run(options)];
    expect(first.result.statistics.instructions).toBe(12_345);
    expect(first.result.outcome).toEqual({ kind: 'reached', condition: 'icount' });
    expect(first.result.stateHash).toMatch(/^[0-9a-f]{32}$/);
    expect(second.result.stateHash).toBe(first.result.stateHash);
  });

  test('says how much ran in which tier', async () => {
    const options = { kernel: kernel('loop', [0x40, 0xeb, 0xfd]), icountLimit: 1_000_000, memoryBytes: 8 << 20 };
    const { result } = await run(options);
    // INC and JMP run 10,000 times, the last of them translated.
    const interpreted = (2 * 9999) / 1_000_000;
    expect(result.statistics.shares.interpreter).toBeCloseTo(interpreted, 9);
    expect(result.statistics.shares.translator).toBeCloseTo(1 - interpreted, 9);
    expect(describeRun(result, true)).toContain('memlapse: interpreted 2.0 %, translated 98.0 % of the instructions');
    const plain = await run({ ...options, jit: false });
    expect(plain.result.statistics.shares).toEqual({ interpreter: 1, translator: 0 });
  });

  test('writes ports to files and leaves standard output alone', async () => {
    const path = join(folder, 'serial.txt');
    const { console } = await run({
      kernel: kernel('print', [...print('to a file'), 0xf4]),
      memoryBytes: 8 << 20,
      serial: [{ file: path }],
    });
    expect([readFileSync(path, 'latin1'), console]).toEqual(['to a file', '']);
  });

  test('says what the script still waits for', async () => {
    const { result } = await run({
      kernel: kernel('mute', [...print('hello'), 0xf4]),
      memoryBytes: 8 << 20,
      script: file('wait.script', 'expect hello\nexpect login:\n'),
    });
    expect([result.outcome, result.exitCode]).toEqual([{ kind: 'script', waitingFor: 'login:' }, 1]);
  });
});

test('a prompt is shown and typed bytes reach the guest while it runs', async () => {
  let shown = '';
  let prompted = false;
  // Prints without a new line, polls for a byte, echoes it, halts for good.
  const code = [
    ...print('> '),
    ...[0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb],
    ...[0x66, 0xba, 0xf8, 0x03, 0xec, 0xee, 0xf4],
  ];
  const result = await emulate(
    { kernel: kernel('echo', code), memoryBytes: 8 << 20 },
    {
      output: (bytes) => {
        shown += new TextDecoder().decode(bytes);
      },
      keyboard: {
        take: () => {
          if (prompted || shown !== '> ') return new Uint8Array(0);
          prompted = true;
          return new TextEncoder().encode('x');
        },
        wait: () => Promise.resolve(),
      },
    },
  );
  expect(shown).toBe('> x');
  expect(result.outcome).toEqual({ kind: 'halted' });
});

test.each([
  ['256M', 256 << 20],
  ['512', 512 << 20],
  ['1G', 2 ** 30],
  ['65536K', 64 << 20],
  ['2GiB', 2 ** 31],
])('%s is %i bytes', (text, bytes) => {
  expect(parseMemorySize(text)).toBe(bytes);
});

test('memory sizes and missing files are refused in one line', async () => {
  expect(() => parseMemorySize('lots')).toThrow(/'lots' is no memory size/);
  await expect(run({ kernel: join(folder, 'absent') })).rejects.toThrow(/cannot read the kernel .*absent/);
  await expect(run({ kernel: kernel('k', [0xf4]), disks: [file('odd.img', 'abc')] })).rejects.toThrow(
    /no raw disk image: 3 bytes/,
  );
});

const SCRIPT = `expect / #
send uname -r; cat /proc/interrupts; echo SUM-$((6*7))\\n
expect SUM-42
send poweroff -f\\n
`;

describe.each([
  ['amd64-6.1', 64, /IO-APIC +4-edge +ttyS0/],
  ['i386-686', 32, /ttyS0/],
] as const)('Debian %s', (name, cpu, interrupts) => {
  const guest = debianGuest(name);

  test.skipIf(guest === undefined)(
    'boots with its default command line to a shell that answers, and powers off',
    { timeout: 900_000 },
    async () => {
      const { result, console } = await run({
        ...(guest as NonNullable<typeof guest>),
        cpu,
        append: 'console=ttyS0 panic=-1 shell',
        script: file(`${name}.script`, SCRIPT),
      });
      expect([result.outcome, result.exitCode]).toEqual([{ kind: 'power-off' }, 0]);
      expect(console).toContain('=INIT-RUNNING=');
      expect(console).toMatch(/^6\.1\.0-\d+-(amd64|686)/m);
      expect(console).toMatch(interrupts);
      expect(console).toMatch(/reboot: Power down/);
      expect(console).not.toMatch(/Oops|BUG:|WARNING:|segfault|general protection/);
    },
  );
});
