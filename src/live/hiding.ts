/**
 * Hides the processes that a guest file names, each when the guest has printed its line: what the demonstration guest's
 * intruder does, done by a write to memory from outside. A part of the run like any other: it comes at the same
 * instruction every time.
 */
import { UserError } from '../core/errors.js';
import { TextWatch } from '../emulator/machine/text-watch.js';
import type { HiddenProcess } from '../guests/guest-file.js';
import { processes } from '../objects/linux/tasks.js';
import { hideProcess } from './hide-process.js';
import type { LiveGuest } from './live-guest.js';

export class Hiding {
  readonly #live: LiveGuest;
  readonly #remark: (text: string) => void;
  readonly #watches: readonly { readonly row: HiddenProcess; readonly text: TextWatch }[];
  #due: string[] = [];

  constructor(live: LiveGuest, remark: (text: string) => void) {
    this.#live = live;
    this.#remark = remark;
    this.#watches = (live.guest.hides ?? []).map((row) => ({ row, text: new TextWatch(row.after) }));
  }

  /** Whether somebody is to be hidden now: the machine must be stopped. */
  get isDue(): boolean {
    return this.#due.length > 0;
  }

  /** Takes a byte that the guest has printed. */
  printed(byte: number): void {
    for (const { row, text } of this.#watches) {
      if (!text.seen && text.push(byte)) this.#due.push(row.process);
    }
  }

  /** Hides who is due; to be called while the guest stands still. One that is not there is said. */
  async carryOut(): Promise<void> {
    for (const name of this.#due.splice(0)) {
      try {
        const kernel = await this.#live.image().requireLinux();
        const victim = [...processes(kernel)].find((task) => task.text('comm') === name);
        if (victim === undefined) throw new UserError('there is no such process');
        const pid = victim.num('tgid') ?? 0;
        hideProcess(this.#live.machine, kernel, pid);
        this.#remark(`${name} (pid ${pid}) is taken off the kernel's task list, as a rootkit would; it runs on`);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        this.#remark(`${name} is not hidden: ${error.message}`);
      }
    }
  }
}
