/** `consoles`: what each console knows: titles, the programs that use it, commands, aliases, and the text on its screen. */
import { column } from '../../core/columns.js';
import type { AddressSpace } from '../../memory/address-space.js';
import { commandHistory } from '../../objects/windows/consoles/command-histories.js';
import { consoleHosts, knowsConsoles, UNKNOWN_CONSOLES } from '../../objects/windows/consoles/console-hosts.js';
import { type Console, hostedConsole } from '../../objects/windows/consoles/console-information.js';
import { consoleSettings } from '../../objects/windows/consoles/console-settings.js';
import { consoleScreens } from '../../objects/windows/consoles/screen-text.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

export default definePlugin({
  name: 'consoles',
  scope: 'windows',
  summary: 'Show what is on consoles and was typed into them',
  description:
    'Each console that a conhost.exe keeps (Windows 10 since 1809, Server 2019 and later, amd64): its titles, the processes that use ' +
    'it, the commands of each program, aliases, and the lines of its screens. Recognized by its settings (50 commands in 4 ' +
    "histories, what users' registry says, or what --history and --buffers give) and proven by its lists.",
  aliases: ['windows.consoles.Consoles'],
  examples: ['windows consoles -f memory.raw', 'windows consoles -f memory.raw --filter what=screen'],
  options: {
    pid: COMMON_OPTIONS.pid,
    history: option.integers('Numbers of commands that a history may keep, beside 50 and those of the registry'),
    buffers: option.integers('Numbers of histories that a console may keep, beside 4 and those of the registry'),
  },
  columns: {
    pid: column.integer('Process id of the conhost.exe'),
    what: column.text('title, original title, process, command, alias or screen'),
    program: column.text('Program that the command or alias is of'),
    number: column.integer('Process id, place in the history, or line on the screen'),
    text: column.text('Title, command, alias or line'),
    offset: column.address('Address of what is shown', { quiet: true }),
  },
  *rows(kernel, options, io) {
    if (!knowsConsoles(kernel)) return io.note(UNKNOWN_CONSOLES);
    const settings = consoleSettings(kernel, options.history, options.buffers);
    for (const host of consoleHosts(kernel)) {
      if (!selected(options.pid, host.pid)) continue;
      const found = hostedConsole(host, settings);
      if (found === undefined) io.note(`no console was recognized in process ${host.pid}`);
      else for (const row of facts(host.space, found)) yield { pid: host.pid, ...row };
    }
  },
});

interface Fact {
  readonly what: string;
  readonly program: string | undefined;
  readonly number: number | undefined;
  readonly text: string | undefined;
  readonly offset: bigint;
}

const NONE = { program: undefined, number: undefined, text: undefined };

function* facts(space: AddressSpace, console: Console): Generator<Fact> {
  const { layout, title, originalTitle, processes, histories, aliases, screen, offset } = console;
  yield { ...NONE, what: 'title', text: title, offset };
  yield { ...NONE, what: 'original title', text: originalTitle, offset };
  for (const { pid, offset: at } of processes) yield { ...NONE, what: 'process', number: pid, offset: at };
  for (const each of histories) {
    const history = commandHistory(space, each);
    for (const { index, text, stale, offset: at } of history?.commands ?? []) {
      if (!stale) yield { what: 'command', program: history?.application, number: index, text, offset: at };
    }
  }
  for (const { program, source, target, offset: at } of aliases)
    yield { ...NONE, what: 'alias', program, text: `${source}=${target}`, offset: at };
  if (screen === undefined) return;
  for (const { lines, offset: at } of consoleScreens(space, screen, layout.screens)) {
    for (const [number, text] of lines.entries()) yield { ...NONE, what: 'screen', number, text, offset: at };
  }
}
