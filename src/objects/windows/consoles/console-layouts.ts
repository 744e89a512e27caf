/**
 * How conhost.exe of Windows 10 and 11 (amd64) keeps its console, by the version of the file: public symbols have no types.
 *
 * Offsets are facts as published with Volatility 3 (symbols/windows/consoles); what the members are, and that texts are
 * std::wstring and lists std::list, says the source that Microsoft published (microsoft/terminal, MIT; src/host). A row holds from
 * its version on.
 */

/** Where the members of the record of a console are (CONSOLE_INFORMATION), from any origin. */
export interface ConsoleLayout {
  /** First build and update of conhost.exe that is so. */
  readonly build: number;
  readonly update: number;
  /** How many commands a history keeps, and how many histories there may be. */
  readonly historySize: number;
  readonly historyMax: number;
  /** std::list of histories, of the processes that use the console, of programs with aliases. */
  readonly histories: number;
  readonly processes: number;
  readonly aliases?: number;
  readonly title: number;
  readonly originalTitle: number;
  readonly screen: number;
  readonly screens: ScreenLayout;
}

export interface ScreenLayout {
  /** From the record of a screen to its text buffer and to the next screen. */
  readonly buffer: number;
  readonly next?: number;
  /** In the text buffer: its rows, how many there are, and which of them is the top one. */
  readonly rows: number;
  readonly height: number;
  readonly top: number;
  /** Rows one behind the other, this far apart; an array of pointers to them where it is not given. */
  readonly stride?: number;
  /** In a row: its cells, and how many there are. */
  readonly cells: number;
  readonly width: number;
}

type Record = readonly [historySize: number, histories: number, processes: number, aliases: number | undefined];
type Texts = readonly [title: number, originalTitle: number, screen: number];

function layout(
  [build, update]: readonly [number, number],
  [historySize, histories, processes, aliases]: Record,
  [title, originalTitle, screen]: Texts,
  screens: ScreenLayout,
): ConsoleLayout {
  const record = {
    historySize,
    historyMax: historySize + 4,
    histories,
    processes,
    title,
    originalTitle,
    screen,
    screens,
  };
  return { build, update, ...record, ...(aliases !== undefined && { aliases }) };
}

const POINTED = { cells: 8, width: 64 } as const;
const EARLY = { buffer: 32, rows: 8, height: 32, top: 112, ...POINTED } as const;
const BUFFER_AT_56 = { buffer: 56, next: 64 } as const;
const OF_17763 = { ...EARLY, ...BUFFER_AT_56 } as const;
const OF_18362 = { ...OF_17763, top: 88 } as const;
const OF_20348 = { ...BUFFER_AT_56, rows: 16, height: 40, top: 96, ...POINTED } as const;
const OF_22000 = { ...BUFFER_AT_56, rows: 8, height: 6, top: 80, stride: 480, cells: 0, width: 8 } as const;
const OF_22621 = { ...OF_22000, top: 72 } as const;
const OF_25398 = { ...BUFFER_AT_56, rows: 16, height: 10, top: 88, cells: 0, width: 8 } as const;

/** The newest first. Aliases are left out where what is published cannot be: no pointer lies at such an address. */
export const CONSOLE_LAYOUTS: readonly ConsoleLayout[] = [
  layout([25398, 0], [2704, -360, 2800, 3776], [3120, 3056, 2824], OF_25398),
  layout([22621, 3527], [2512, 10640, 2608, 10552], [2912, 2944, 2632], { ...OF_22621, stride: 472 }),
  layout([22621, 0], [2512, 10664, 2608, 10576], [2912, 2944, 2632], OF_22621),
  layout([22000, 0], [136, -920, 1272, -1008], [1616, 1648, 1296], OF_22000),
  layout([20348, 2461], [136, 9176, 1272, 9232], [1552, 1616, 1296], OF_20348),
  layout([20348, 1970], [136, 9320, 1272, undefined], [1552, 1616, 1296], OF_20348),
  layout([20348, 0], [136, -288, 1272, -376], [1552, 1616, 1296], OF_20348),
  layout([19041, 0], [144, -352, 1368, undefined], [1688, 1752, 1392], OF_18362),
  layout([18362, 0], [144, -768, 1368, undefined], [1680, 1744, 1392], OF_18362),
  layout([17763, 3232], [144, -760, 1360, undefined], [1672, 1736, 1384], OF_17763),
  layout([17763, 0], [144, -760, 1360, undefined], [1672, 1736, 1384], EARLY),
];

/** The one for a conhost.exe, and after it the others, the nearest first: an update may have moved something. */
export function consoleLayouts(build: number, update: number): readonly ConsoleLayout[] {
  const isNotNewer = (each: ConsoleLayout) => each.build < build || (each.build === build && each.update <= update);
  const exact = CONSOLE_LAYOUTS.findIndex(isNotNewer);
  return exact < 0 ? CONSOLE_LAYOUTS : [...CONSOLE_LAYOUTS.slice(exact), ...CONSOLE_LAYOUTS.slice(0, exact).reverse()];
}

/** A history of commands (CommandHistory), the same in all of these: an entry of a std::list. */
export const HISTORY = {
  /** std::vector of std::wstring: begin, end, end of what is reserved. */
  commands: 0x10,
  maximum: 0x28,
  application: 0x30,
  process: 0x50,
  lastDisplayed: 0x5c,
  size: 0x60,
} as const;

/** A process that uses the console (ConsoleProcessHandle). */
export const CONSOLE_PROCESS = { pid: 0x1c, tid: 0x20 } as const;

/** An entry of a std::list: links, then what is kept. */
export const LIST_VALUE = 0x10;

/** Aliases since 20348: the program's name, and the list of its aliases; an alias is two texts. */
export const ALIASES = { program: 0x10, list: 0x38, source: 0x10, target: 0x30 } as const;

/** A cell of a row: a character, and what half of a wide one it is. */
export const CELL = { size: 3, attribute: 2 } as const;
