/**
 * The socket of a running guest, on the side of the guest: takes requests, carries them out between two instructions,
 * and tells those who watch what the guest prints. A client's mistake is answered and harms nobody.
 */
import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { UserError } from '../../core/errors.js';
import { LineChannel } from './line-channel.js';
import { type Answer, type Event, parseRequest, type Request, type RequestName, type Requests } from './protocol.js';
import { RecentOutput } from './recent-output.js';
import { withSocketAddress } from './socket-address.js';

/** Bytes of console that a watcher may be behind with before it misses some. */
const MOST_BACKLOG = 4 << 20;

/** One for each request; what it throws as `UserError` is the client's answer. */
export type RequestHandlers = {
  readonly [N in RequestName]: (params: Requests[N]['params']) => Promise<Requests[N]['result']>;
};

export class ControlServer {
  readonly #server: Server;
  readonly #handlers: Omit<RequestHandlers, 'console'>;
  readonly #clients = new Set<LineChannel>();
  readonly #watchers = new Set<LineChannel>();
  readonly #recent = new RecentOutput();
  /** Requests that are being carried out. */
  readonly #working = new Set<Promise<void>>();

  private constructor(handlers: Omit<RequestHandlers, 'console'>) {
    this.#handlers = handlers;
    this.#server = createServer((socket) => this.#connected(socket));
  }

  /** Listens on `path`, which must be free, for its owner alone. @throws UserError when it cannot */
  static async listen(path: string, handlers: Omit<RequestHandlers, 'console'>): Promise<ControlServer> {
    const control = new ControlServer(handlers);
    const server = control.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(new UserError(`the socket ${path} cannot be made: ${cause.message}`)));
      server.once('listening', resolve);
      // The socket is born with these permissions, so that there is no moment at which others may connect.
      const mask = process.umask(0o177);
      try {
        withSocketAddress(path, (address) => server.listen(address));
      } finally {
        process.umask(mask);
      }
    });
    chmodSync(path, 0o600);
    return control;
  }

  /** What the guest has printed, for those who watch now and for those who will. */
  printed(bytes: Uint8Array): void {
    this.#recent.push(bytes);
    this.#tell({ event: 'console', data: Buffer.from(bytes).toString('base64') });
  }

  remark(text: string): void {
    this.#tell({ event: 'remark', text });
  }

  /** Answers what was asked, tells watchers how the run ended, and closes. */
  async close(how: string): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await Promise.all(this.#working);
    this.#tell({ event: 'ended', how });
    for (const client of this.#clients) client.end();
    // A client that does not go is left behind.
    const late = setTimeout(() => {
      for (const client of this.#clients) client.destroy();
    }, 1000);
    await closed;
    clearTimeout(late);
  }

  #tell(event: Event): void {
    for (const watcher of this.#watchers) if (watcher.backlog < MOST_BACKLOG) watcher.send(event);
  }

  #connected(socket: Socket): void {
    const channel = new LineChannel(socket, {
      line: (value) => this.#take(channel, value),
      garbage: (reason) => channel.send({ id: 0, error: reason } satisfies Answer),
    });
    this.#clients.add(channel);
    const gone = () => {
      this.#clients.delete(channel);
      this.#watchers.delete(channel);
    };
    socket.on('close', gone);
    // A client that was killed resets its connection: `close` follows.
    socket.on('error', gone);
  }

  #take(channel: LineChannel, value: unknown): void {
    const id = Number((value as { id?: unknown } | null)?.id) || 0;
    const work = this.#answer(channel, value)
      .then((ok) => channel.send({ id, ok }))
      .catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error;
        const hint = error.hint === undefined ? {} : { hint: error.hint };
        channel.send({ id, error: error.message, ...hint } satisfies Answer);
      })
      .finally(() => this.#working.delete(work));
    this.#working.add(work);
  }

  async #answer(channel: LineChannel, value: unknown): Promise<unknown> {
    const request = parseRequest(value);
    if (request.do === 'console') {
      this.#watchers.add(channel);
      return { data: Buffer.from(this.#recent.bytes).toString('base64') } satisfies Requests['console']['result'];
    }
    return this.#carryOut(request);
  }

  /** A method, so that the request's kind and its handler's go together. */
  #carryOut<R extends Exclude<Request, { do: 'console' }>>(request: R): Promise<unknown> {
    return (this.#handlers[request.do] as (params: R) => Promise<unknown>)(request);
  }
}
