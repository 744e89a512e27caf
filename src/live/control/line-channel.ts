/** JSON objects over a stream, one a line. Lines are bounded; what is no JSON ends the conversation. */
import type { Socket } from 'node:net';

/** Longer than any line of the protocol: consoles are sent in pieces. */
const LONGEST_LINE = 1 << 20;
const NEW_LINE = 10;

export interface LineHandlers {
  line(value: unknown): void;
  /** The line was too long or no JSON; the stream is closed after this. */
  garbage(reason: string): void;
}

export class LineChannel {
  readonly #socket: Socket;
  readonly #handlers: LineHandlers;
  #pending: Buffer[] = [];
  #length = 0;

  constructor(socket: Socket, handlers: LineHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.on('data', (data: Buffer) => this.#received(data));
  }

  send(value: object): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(value)}\n`);
  }

  /** Bytes that the other side has not taken yet. */
  get backlog(): number {
    return this.#socket.writableLength;
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #received(data: Buffer): void {
    let from = 0;
    for (let at = data.indexOf(NEW_LINE); at >= 0 && !this.#socket.destroyed; at = data.indexOf(NEW_LINE, from)) {
      this.#pending.push(data.subarray(from, at));
      from = at + 1;
      const line = Buffer.concat(this.#pending).toString();
      this.#pending = [];
      this.#length = 0;
      this.#parse(line);
    }
    if (from === data.length) return;
    this.#pending.push(data.subarray(from));
    this.#length += data.length - from;
    if (this.#length > LONGEST_LINE) this.#refuse('a line is too long');
  }

  #parse(line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#refuse('a line is no JSON');
      return;
    }
    this.#handlers.line(value);
  }

  #refuse(reason: string): void {
    this.#handlers.garbage(reason);
    this.end();
  }
}
