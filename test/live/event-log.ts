/** What each line of the guest's log (`fork 93`, `mmap 91 8192`) must have left in a comparison: the lines it shows in. */

type Told = (...words: string[]) => RegExp;

const EVENTS: Readonly<Record<string, Told>> = {
  fork: (pid) => RegExp(`^process appeared sleep \\(pid ${pid}\\)$`),
  exit: (pid) => RegExp(`^process vanished sleep \\(pid ${pid}\\)$`),
  end: (pid) => RegExp(`^process vanished \\S+ \\(pid ${pid}\\)$`),
  open: (pid, fd, path) => RegExp(`^handle appeared \\S+ \\(pid ${pid}\\) fd ${fd} ${path}$`),
  insmod: (name) => RegExp(`^module appeared ${name}$`),
  rmmod: (name) => RegExp(`^module vanished ${name}$`),
  mmap: (pid) => RegExp(`^mapping appeared events \\(pid ${pid}\\) 0x[0-9a-f]+$`),
  setuid: (pid, uid) => RegExp(`^credentials changed events \\(pid ${pid}\\) euid 0 ${uid}$`),
  mount: (source, target) => RegExp(`^mount appeared ${source} on ${target}$`),
  listen: (_pid, port) => RegExp(`^socket appeared tcp6? \\S+:${port} `),
};

/** The events of `log` of which `changes` tells nothing, or tells more than once. */
export function untold(log: readonly string[], changes: readonly string[]): string[] {
  return log.filter((line) => {
    const [event = '', ...words] = line.split(' ');
    const pattern = EVENTS[event]?.(...words);
    if (pattern === undefined) throw new Error(`the guest's log has an unknown event: ${line}`);
    return changes.filter((change) => pattern.test(change)).length !== 1;
  });
}
