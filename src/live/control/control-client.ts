/** The socket of a running guest, on the side of those who control it. */
import { rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { UserError } from '../../core/errors.js';
import { LineChannel } from './line-channel.js';
import type { Answer, Event, RequestName, Requests } from './protocol.js';
import { livingRuns, runPaths } from './run-folder.js';
import { withSocketAddress } from './socket-address.js';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: UserError): void;
}

export class ControlClient {
  readonly #channel: LineChannel;
  readonly #waiting = new Map<number, Waiting>();
  readonly #name: string;
  #nextId = 1;
  #onEvent: (event: Event) => void = () => {};
  #onClosed: () => void = () => {};

  private constructor(name: string, socket: Socket) {
    this.#name = name;
    this.#channel = new LineChannel(socket, {
      line: (value) => this.#received(value as Answer | Event),
      garbage: () => socket.destroy(),
    });
    socket.on('close', () => this.#closed());
    // `close` follows and tells those who wait.
    socket.on('error', () => {});
  }

  /** Connects to the guest that runs as `name` in the store in `folder`. @throws UserError when none does */
  static async connect(folder: string, name: string): Promise<ControlClient> {
    const { socket: path } = runPaths(folder, name);
    const socket = await new Promise<Socket>((resolve, reject) => {
      const made = withSocketAddress(path, (address) => connect(address));
      made.once('connect', () => resolve(made));
      made.once('error', (cause: NodeJS.ErrnoException) => reject(notRunning(folder, name, path, cause)));
    });
    return new ControlClient(name, socket);
  }

  request<N extends RequestName>(name: N, params: Requests[N]['params']): Promise<Requests[N]['result']> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#channel.send({ id, do: name, ...params });
    });
  }

  /** Is told what the guest prints and how it ends, once the console was asked for. */
  onEvent(listener: (event: Event) => void): void {
    this.#onEvent = listener;
  }

  onClosed(listener: () => void): void {
    this.#onClosed = listener;
  }

  close(): void {
    this.#channel.end();
  }

  #received(message: Answer | Event): void {
    if ('event' in message) {
      this.#onEvent(message);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('error' in message) waiting?.reject(new UserError(message.error, message.hint));
    else waiting?.resolve(message.ok);
  }

  #closed(): void {
    for (const { reject } of this.#waiting.values()) reject(new UserError(`'${this.#name}' has ended meanwhile`));
    this.#waiting.clear();
    this.#onClosed();
  }
}

/** Why there is nobody to talk to; the socket of a process that was killed is removed. */
function notRunning(folder: string, name: string, path: string, cause: NodeJS.ErrnoException): UserError {
  if (cause.code !== 'ENOENT' && cause.code !== 'ECONNREFUSED') {
    return new UserError(`'${name}' cannot be reached: ${cause.message}`);
  }
  const others = livingRuns(folder).map((run) => run.name);
  if (others.includes(name)) {
    return new UserError(`'${name}' does not answer yet`, 'it begins or ends just now: try again');
  }
  if (cause.code === 'ECONNREFUSED') rmSync(path, { force: true });
  const hint = others.length === 0 ? 'start one with `live start`' : `there are ${others.join(', ')}`;
  return new UserError(`no guest runs as '${name}'`, hint);
}
