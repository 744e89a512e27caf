/**
 * A script for a serial console: lines of `expect TEXT` and `send TEXT`, carried out in order. Text may hold \n, \r, \t,
 * \\ and \xNN; `#` begins a comment line.
 *
 * Pure: it is fed what the guest prints and says what to type. It types when the text has come, so the stamp of the
 * input follows from the run.
 */
import { UserError } from '../core/errors.js';
import { TextWatch } from '../emulator/machine/text-watch.js';

export interface ScriptStep {
  readonly action: 'expect' | 'send';
  readonly text: string;
  /** Line in the script, from 1. */
  readonly line: number;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

/** @param where what messages call the place of the text. @throws UserError for a backslash that begins no escape */
export function decodeEscapes(text: string, where: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|.|$)/g, (_match, code: string) => {
    if (code.length === 3) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    const plain = ESCAPES[code];
    if (plain === undefined) throw new UserError(`${where}: \\${code} is no escape`, 'write \\\\ for a backslash');
    return plain;
  });
}

/** @throws UserError naming the line that is neither expect nor send. */
export function parseSerialScript(source: string): readonly ScriptStep[] {
  return source.split(/\r?\n/).flatMap((raw, index) => {
    const line = index + 1;
    if (raw.trim() === '' || raw.trimStart().startsWith('#')) return [];
    const match = /^\s*(expect|send)(?: (.*))?$/.exec(raw);
    if (match === null) {
      throw new UserError(`script line ${line} is not understood: ${raw.trim()}`, 'write `expect TEXT` or `send TEXT`');
    }
    return [
      { action: match[1] as 'expect' | 'send', text: decodeEscapes(match[2] ?? '', `script line ${line}`), line },
    ];
  });
}

export class SerialScript {
  readonly #steps: readonly ScriptStep[];
  readonly #type: (bytes: Uint8Array) => void;
  #next = 0;
  #watch: TextWatch | undefined;

  /** `type` hands bytes to the guest's serial port. */
  constructor(steps: readonly ScriptStep[], type: (bytes: Uint8Array) => void) {
    this.#steps = steps;
    this.#type = type;
    this.#proceed();
  }

  /** Takes a byte that the guest printed. */
  printed(byte: number): void {
    if (this.#watch?.push(byte)) {
      this.#next++;
      this.#proceed();
    }
  }

  /** The step that waits, undefined when the script is done. */
  get waitingFor(): ScriptStep | undefined {
    return this.#steps[this.#next];
  }

  #proceed(): void {
    this.#watch = undefined;
    for (; this.#next < this.#steps.length; this.#next++) {
      const step = this.#steps[this.#next] as ScriptStep;
      if (step.action === 'expect') {
        this.#watch = new TextWatch(step.text);
        if (!this.#watch.seen) return;
      } else this.#type(new TextEncoder().encode(step.text));
    }
  }
}
