/**
 * The record of a console in the data of conhost.exe, found by its settings and proven by its lists and titles.
 */
import { PAGE_SIZE } from '../../../core/address.js';
import { u16 } from '../../../core/bytes.js';
import type { AddressSpace } from '../../../memory/address-space.js';
import { residentChunks } from '../../resident-chunks.js';
import type { ConsoleHost } from './console-hosts.js';
import { ALIASES, CONSOLE_PROCESS, type ConsoleLayout, consoleLayouts, LIST_VALUE } from './console-layouts.js';
import type { ConsoleSettings } from './console-settings.js';
import { listNodes, pointerAt, wideString, wordAt } from './wide-strings.js';

export interface Console {
  readonly offset: bigint;
  readonly layout: ConsoleLayout;
  readonly title: string;
  readonly originalTitle: string;
  /** Addresses of its histories, see `command-histories.ts`. */
  readonly histories: readonly bigint[];
  readonly processes: readonly { readonly pid: number; readonly tid: number; readonly offset: bigint }[];
  readonly aliases: readonly ConsoleAlias[];
  /** Address of the screen that is shown, see `screen-text.ts`. */
  readonly screen: bigint | undefined;
}

export interface ConsoleAlias {
  readonly program: string;
  readonly source: string;
  readonly target: string;
  readonly offset: bigint;
}

const GRAIN = 8;
const MAX_IMAGE = 64 * 1024 * 1024;

/** The console that the host keeps; undefined when none is recognized. Each host has one. */
export function hostedConsole(host: ConsoleHost, settings: ConsoleSettings): Console | undefined {
  if (host.image === undefined) return undefined;
  const { base, size } = host.image;
  const places = settingsPlaces(host, base, base + BigInt(Math.min(size, MAX_IMAGE)), settings);
  for (const layout of consoleLayouts(host.build, host.update)) {
    for (const place of places) {
      const found = consoleAt(host.space, place - BigInt(layout.historySize), layout);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Where the two numbers of the settings stand, four bytes apart. */
function settingsPlaces({ space }: ConsoleHost, start: bigint, end: bigint, settings: ConsoleSettings): bigint[] {
  const places: bigint[] = [];
  for (const { offset, bytes } of residentChunks(space, start, end)) {
    for (let at = 0; at + 6 <= Math.min(bytes.length, PAGE_SIZE); at += GRAIN) {
      if (!settings.historySizes.has(u16(bytes, at)) || !settings.historyMaxima.has(u16(bytes, at + 4))) continue;
      places.push(start + BigInt(offset + at));
    }
  }
  return places;
}

function consoleAt(space: AddressSpace, offset: bigint, layout: ConsoleLayout): Console | undefined {
  const at = (member: number) => offset + BigInt(member);
  const histories = listNodes(space, at(layout.histories));
  const processes = listNodes(space, at(layout.processes));
  const title = wideString(space, at(layout.title));
  const originalTitle = wideString(space, at(layout.originalTitle));
  if (histories === undefined || processes === undefined || !(title || originalTitle)) return undefined;
  return {
    offset,
    layout,
    title: title ?? '',
    originalTitle: originalTitle ?? '',
    histories,
    processes: processes.flatMap((node) => consoleProcess(space, node)),
    aliases: layout.aliases === undefined ? [] : [...aliasesOf(space, at(layout.aliases))],
    screen: pointerAt(space, at(layout.screen)),
  };
}

function consoleProcess(space: AddressSpace, node: bigint): Console['processes'] {
  const offset = pointerAt(space, node + BigInt(LIST_VALUE));
  if (offset === undefined || offset === 0n) return [];
  const pid = wordAt(space, offset + BigInt(CONSOLE_PROCESS.pid));
  const tid = wordAt(space, offset + BigInt(CONSOLE_PROCESS.tid));
  return pid === undefined || tid === undefined ? [] : [{ pid, tid, offset }];
}

function* aliasesOf(space: AddressSpace, list: bigint): Generator<ConsoleAlias> {
  for (const node of listNodes(space, list) ?? []) {
    const program = wideString(space, node + BigInt(ALIASES.program));
    for (const offset of listNodes(space, node + BigInt(ALIASES.list)) ?? []) {
      const source = wideString(space, offset + BigInt(ALIASES.source));
      const target = wideString(space, offset + BigInt(ALIASES.target));
      if (program !== undefined && source !== undefined && target !== undefined)
        yield { program, source, target, offset };
    }
  }
}
