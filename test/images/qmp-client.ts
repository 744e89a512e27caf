/**
 * A client of QEMU's machine protocol (QMP) over a Unix socket: enough to stop a guest and have its memory written.
 * Not a general monitor: events are dropped, and commands run one at a time.
 *
 * Source: QEMU, docs/interop/qmp-spec.txt (greeting, qmp_capabilities, one JSON object a line).
 */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

interface QmpAnswer {
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

export class QmpClient {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  /** Connects, reads the greeting and leaves negotiation mode. Rejects when the socket refuses or closes. */
  static async connect(path: string): Promise<QmpClient> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    const client = new QmpClient(socket);
    await client.#nextLine();
    await client.execute('qmp_capabilities');
    return client;
  }

  /** Runs one command to its end and gives its return value; QEMU's refusal is an Error with QEMU's own words. */
  async execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    for (;;) {
      const answer = JSON.parse(await this.#nextLine()) as QmpAnswer;
      if (answer.error) throw new Error(`${command}: ${answer.error.desc}`);
      if ('return' in answer) return answer.return;
    }
  }

  /** Runs a line of the human monitor and gives its text; savevm and `info registers` exist only there. */
  async human(line: string): Promise<string> {
    return String(await this.execute('human-monitor-command', { 'command-line': line }));
  }

  close(): void {
    this.#socket.destroy();
  }

  async #nextLine(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('QEMU closed its monitor socket');
    return value;
  }
}
