/**
 * The escape key of a console: Ctrl-] and then a letter means an action, everything else goes to the guest. Knows
 * neither terminal nor guest.
 */

/** Ctrl-], as telnet and virsh have it. */
const ESCAPE = 0x1d;

export interface MenuAction {
  /** One letter. */
  readonly key: string;
  readonly summary: string;
  run(): void;
}

export class ConsoleMenu {
  readonly #actions: readonly MenuAction[];
  readonly #say: (text: string) => void;
  #escaped = false;

  /** @param say shows a line to the user */
  constructor(actions: readonly MenuAction[], say: (text: string) => void) {
    this.#actions = actions;
    this.#say = say;
  }

  /** Takes typed bytes, does what is asked, and returns what is for the guest. */
  typed(bytes: Uint8Array): Uint8Array {
    const forGuest: number[] = [];
    for (const byte of bytes) {
      if (this.#escaped) {
        this.#escaped = false;
        if (byte === ESCAPE) forGuest.push(byte);
        else this.#choose(String.fromCharCode(byte));
      } else if (byte === ESCAPE) {
        this.#escaped = true;
        this.#say(this.#help());
      } else forGuest.push(byte);
    }
    return Uint8Array.from(forGuest);
  }

  #choose(key: string): void {
    const action = this.#actions.find((each) => each.key === key.toLowerCase());
    if (action !== undefined) action.run();
    else this.#say('nothing done');
  }

  #help(): string {
    const keys = this.#actions.map(({ key, summary }) => `${key} ${summary}`);
    return [...keys, 'Ctrl-] sends itself', 'any other key goes back'].join(' · ');
  }
}
