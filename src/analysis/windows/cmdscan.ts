/** `cmdscan`: commands that were typed into consoles, from every history that is still in the memory of conhost.exe. */
import { column } from '../../core/columns.js';
import { scannedHistories } from '../../objects/windows/consoles/command-histories.js';
import { consoleHosts, knowsConsoles, UNKNOWN_CONSOLES } from '../../objects/windows/consoles/console-hosts.js';
import { consoleSettings } from '../../objects/windows/consoles/console-settings.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

export default definePlugin({
  name: 'cmdscan',
  scope: 'windows',
  summary: 'Find the commands that were typed into consoles',
  description:
    'Histories in all memory of conhost.exe (Windows 10 since 1809, Server 2019 and later, amd64), recognized by how many commands they ' +
    "keep: 50, what users' registry says, or what --history gives. Commands behind the last one of a history were taken off it. " +
    'What the console still lists, and its screen: consoles.',
  aliases: ['windows.cmdscan.CmdScan'],
  examples: ['windows cmdscan -f memory.raw', 'windows cmdscan -f memory.raw --history 50,999'],
  options: {
    pid: COMMON_OPTIONS.pid,
    history: option.integers('Numbers of commands that histories may keep, beside 50 and those of the registry'),
  },
  columns: {
    pid: column.integer('Process id of the conhost.exe'),
    application: column.text('Program that read the commands'),
    applicationPid: column.integer('Its process id'),
    index: column.integer('Place in the history; 0 is the oldest'),
    command: column.text('The command; none for an empty history'),
    stale: column.boolean('It was taken off the history'),
    maximum: column.integer('How many commands the history keeps', { quiet: true }),
    history: column.address('Address of the history', { quiet: true }),
  },
  *rows(kernel, options, io) {
    if (!knowsConsoles(kernel)) return io.note(UNKNOWN_CONSOLES);
    const { historySizes } = consoleSettings(kernel, options.history);
    for (const host of consoleHosts(kernel)) {
      if (!selected(options.pid, host.pid)) continue;
      for (const { application, pid, commands, maximum, offset } of scannedHistories(host, historySizes)) {
        const facts = { pid: host.pid, application, applicationPid: pid, maximum, history: offset };
        if (commands.length === 0) yield { ...facts, index: undefined, command: undefined, stale: undefined };
        for (const { index, text, stale } of commands) yield { ...facts, index, command: text, stale };
      }
    }
  },
});
