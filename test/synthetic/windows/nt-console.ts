/**
 * A console in the memory of conhost.exe of a synthetic NT guest. Its structures are in no public symbols: offsets by build as
 * published with Volatility 3 (symbols/windows/consoles), written down here once more, apart from src.
 */
import type { NtGuest } from './nt-guest.js';
import type { NtSpace } from './nt-memory.js';
import type { NtProcesses } from './nt-processes.js';

export interface ConsoleTruth {
  /** Of conhost.exe, and the base of its image. */
  readonly pid: number;
  readonly base: bigint;
  readonly title: string;
  readonly originalTitle: string;
  readonly clients: readonly { readonly pid: number; readonly tid: number }[];
  readonly histories: readonly HistoryTruth[];
  readonly aliases: readonly { readonly program: string; readonly source: string; readonly target: string }[];
  readonly screen: readonly string[];
}

export interface HistoryTruth {
  readonly application: string;
  readonly client: number;
  readonly commands: readonly string[];
  /** Taken off the history, not overwritten. */
  readonly stale: readonly string[];
}

export const CONSOLE: ConsoleTruth = {
  pid: 2900,
  base: 0x7ff6_5000_0000n,
  title: 'Administrator: C:\\Windows\\system32\\cmd.exe - rk',
  originalTitle: 'cmd',
  clients: [
    { pid: 2604, tid: 2608 },
    { pid: 3120, tid: 3124 },
  ],
  histories: [
    {
      application: 'cmd.exe',
      client: 2604,
      commands: ['dir', 'copy rk.sys c:\\temp\\rk.sys', 'sc start rk'],
      stale: ['del c:\\temp\\evidence.txt'],
    },
    { application: 'netsh.exe', client: 3120, commands: [], stale: [] },
  ],
  aliases: [{ program: 'cmd.exe', source: 'ls', target: 'dir /b $*' }],
  screen: ['C:\\Temp>dir', ' Volume in drive C has no label.', '', 'C:\\Temp>sc start rk'],
};

/** The heap of conhost.exe and how much of it there is. */
export const CONSOLE_HEAP = { start: 0x2_1000_0000n, pages: 16 } as const;
/** Where in the image the record lies; the history's settings are at a multiple of eight bytes. */
const RECORD = 0x8000n;
const HISTORY_SIZE = 50;
const HISTORIES = 4;
/** More rows than are written, and the ring of rows turned by some. */
const HEIGHT = 25;
const TOP = 3;
const WIDTH = 40;

interface Places {
  readonly historySize: number;
  readonly histories: number;
  readonly clients: number;
  readonly aliases?: number;
  readonly title: number;
  readonly originalTitle: number;
  readonly screen: number;
  readonly buffer: readonly [inScreen: number, rows: number, height: number, top: number];
  readonly row: { readonly stride?: number; readonly cells: number; readonly width: number };
}

const POINTED = { cells: 8, width: 64 };
/** By build. */
const PLACES: Readonly<Record<number, Places>> = {
  17763: {
    historySize: 0x90,
    histories: -0x2f8,
    clients: 0x550,
    title: 0x688,
    originalTitle: 0x6c8,
    screen: 0x568,
    buffer: [0x20, 8, 0x20, 0x70],
    row: POINTED,
  },
  18362: {
    historySize: 0x90,
    histories: -0x300,
    clients: 0x558,
    title: 0x690,
    originalTitle: 0x6d0,
    screen: 0x570,
    buffer: [0x38, 8, 0x20, 0x58],
    row: POINTED,
  },
  19041: {
    historySize: 0x90,
    histories: -0x160,
    clients: 0x558,
    title: 0x698,
    originalTitle: 0x6d8,
    screen: 0x570,
    buffer: [0x38, 8, 0x20, 0x58],
    row: POINTED,
  },
  20348: {
    historySize: 0x88,
    histories: -0x120,
    clients: 0x4f8,
    aliases: -0x178,
    title: 0x610,
    originalTitle: 0x650,
    screen: 0x510,
    buffer: [0x38, 0x10, 0x28, 0x60],
    row: POINTED,
  },
  22000: {
    historySize: 0x88,
    histories: -0x398,
    clients: 0x4f8,
    aliases: -0x3f0,
    title: 0x650,
    originalTitle: 0x670,
    screen: 0x510,
    buffer: [0x38, 8, 6, 0x50],
    row: { stride: 0x1e0, cells: 0, width: 8 },
  },
};

/** Writes the console; false where it is not known how the build keeps it. */
export function writeConsole(guest: NtGuest, { spaces }: NtProcesses, truth: ConsoleTruth = CONSOLE): boolean {
  const places = PLACES[guest.types.buildNumber];
  const space = spaces.get(truth.pid);
  if (places === undefined || space === undefined) return false;
  new ConsoleWriter(guest, space, places).write(truth);
  return true;
}

class ConsoleWriter {
  readonly #guest: NtGuest;
  readonly #space: NtSpace;
  readonly #places: Places;
  #next: bigint = CONSOLE_HEAP.start;

  constructor(guest: NtGuest, space: NtSpace, places: Places) {
    this.#guest = guest;
    this.#space = space;
    this.#places = places;
  }

  write(truth: ConsoleTruth): void {
    const places = this.#places;
    const record = truth.base + RECORD;
    const at = (member: number) => record + BigInt(member);
    this.#integer(at(places.historySize), 2, HISTORY_SIZE);
    this.#integer(at(places.historySize + 4), 2, HISTORIES);
    this.#string(at(places.title), truth.title);
    this.#string(at(places.originalTitle), truth.originalTitle);
    const clients = new Map(truth.clients.map((client) => [client.pid, this.#client(client)]));
    this.#list(at(places.clients), [...clients.values()], 8, (node, client) => this.#pointer(node, client));
    this.#list(at(places.histories), truth.histories, 0x60, (node, history) => {
      this.#history(node, history, clients.get(history.client) ?? 0n);
    });
    if (places.aliases !== undefined) {
      this.#list(at(places.aliases), truth.aliases, 0x40, (node, { program, source, target }) => {
        this.#string(node, program);
        this.#list(node + 0x28n, [{ source, target }], 0x40, (inner) => {
          this.#string(inner, source);
          this.#string(inner + 0x20n, target);
        });
      });
    }
    this.#pointer(at(places.screen), this.#screen(truth.screen));
  }

  #client({ pid, tid }: ConsoleTruth['clients'][number]): bigint {
    const client = this.#take(0x40);
    this.#integer(client + 0x1cn, 4, pid);
    this.#integer(client + 0x20n, 4, tid);
    return client;
  }

  /** What follows the links of the list's node: the vector of commands, and so on. */
  #history(at: bigint, { application, commands, stale }: HistoryTruth, client: bigint): void {
    const all = [...commands, ...stale];
    const vector = this.#take(Math.max(1, all.length) * 0x20);
    all.forEach((command, index) => {
      this.#string(vector + BigInt(index * 0x20), command);
    });
    this.#pointer(at, vector);
    this.#pointer(at + 8n, vector + BigInt(commands.length * 0x20));
    this.#pointer(at + 16n, vector + BigInt(all.length * 0x20));
    this.#integer(at + 0x18n, 2, HISTORY_SIZE);
    this.#string(at + 0x20n, application);
    this.#pointer(at + 0x40n, client);
    this.#integer(at + 0x4cn, 2, commands.length - 1 < 0 ? 0xffff : commands.length - 1);
  }

  #screen(lines: readonly string[]): bigint {
    const [inScreen, rowsAt, heightAt, topAt] = this.#places.buffer;
    const { stride, cells, width } = this.#places.row;
    const buffer = this.#take(0x80);
    const rows = this.#take(HEIGHT * (stride ?? 8));
    for (let index = 0; index < HEIGHT; index++) {
      const row = stride === undefined ? this.#take(0x60) : rows + BigInt(index * stride);
      if (stride === undefined) this.#pointer(rows + BigInt(index * 8), row);
      const text = lines[(index - TOP + HEIGHT) % HEIGHT] ?? '';
      const bytes = Buffer.alloc(WIDTH * 3);
      for (let x = 0; x < WIDTH; x++) bytes.writeUInt16LE((text[x] ?? ' ').charCodeAt(0), x * 3);
      const place = this.#take(bytes.length);
      this.#guest.memory.write(place, bytes, this.#space);
      this.#pointer(row + BigInt(cells), place);
      this.#integer(row + BigInt(width), 2, WIDTH);
    }
    this.#pointer(buffer + BigInt(rowsAt), rows);
    this.#integer(buffer + BigInt(heightAt), 2, HEIGHT);
    this.#integer(buffer + BigInt(topAt), 2, TOP);
    const screen = this.#take(0x48);
    this.#pointer(screen + BigInt(inScreen), buffer);
    return screen;
  }

  /** A std::list: its head is a node without a value. */
  #list<T>(at: bigint, values: readonly T[], size: number, write: (value: bigint, item: T) => void): void {
    const head = this.#take(16);
    const nodes = values.map(() => this.#take(16 + size));
    this.#guest.memory.ring([head, ...nodes], this.#space);
    values.forEach((value, index) => {
      write((nodes[index] as bigint) + 16n, value);
    });
    this.#pointer(at, head);
    this.#pointer(at + 8n, BigInt(values.length));
  }

  /** A std::wstring: up to seven characters lie in it. */
  #string(at: bigint, text: string): void {
    const bytes = Buffer.from(`${text}\0`, 'utf16le');
    const inPlace = text.length < 8;
    const place = inPlace ? at : this.#take(bytes.length);
    this.#guest.memory.write(place, bytes, this.#space);
    if (!inPlace) this.#pointer(at, place);
    this.#pointer(at + 16n, BigInt(text.length));
    this.#pointer(at + 24n, BigInt(inPlace ? 7 : text.length));
  }

  #take(length: number): bigint {
    const at = this.#next;
    this.#next += BigInt(Math.ceil(length / 16) * 16);
    return at;
  }

  #pointer(at: bigint, value: bigint): void {
    this.#integer(at, 8, value);
  }

  #integer(at: bigint, size: number, value: bigint | number): void {
    this.#guest.memory.integer(at, size, value, this.#space);
  }
}
