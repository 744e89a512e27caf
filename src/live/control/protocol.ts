/**
 * What is said over the socket of a running guest: one JSON object a line. A client sends requests, each is answered
 * once; a client that asked for the console is also told what the guest prints.
 *
 *     -> {"id":1,"do":"snapshot","label":"before login"}
 *     <- {"id":1,"ok":{"series":"boot","number":4,"pause":12.5}}
 *     <- {"id":2,"error":"…","hint":"…"}
 *     <- {"event":"console","data":"bG9naW46IA=="}
 *
 * Bytes are base64. The only definition of both sides: `control-server.ts` and `control-client.ts` carry it out.
 */
import { UserError } from '../../core/errors.js';

export interface RunStatus {
  readonly name: string;
  readonly guest: string;
  readonly pid: number;
  readonly state: 'running' | 'paused' | 'ended';
  /** ISO 8601. */
  readonly since: string;
  readonly instructions: number;
  /** Guest nanoseconds. */
  readonly guestTime: number;
  /** Milliseconds that the run has taken so far. */
  readonly wallTime: number;
  /** Snapshots taken by this run, those that could not be, and the number of the last one. */
  readonly snapshots: number;
  readonly missed: number;
  readonly last?: number;
  /** Labels of the schedule's rows. */
  readonly schedule: readonly string[];
  /** Digest of the whole machine, where it was asked for. */
  readonly stateHash?: string;
}

export interface SnapshotTaken {
  readonly series: string;
  readonly number: number;
  /** Milliseconds that the guest stood still. */
  readonly pause: number;
}

export interface MemoryCopy {
  /** An ELF core of the guest's memory and registers, for the client to remove. */
  readonly path: string;
  readonly instructions: number;
  readonly guestTime: number;
}

/** Requests by name: what is handed in (beside `id` and `do`) and what comes back. */
export interface Requests {
  status: { params: { readonly stateHash?: boolean }; result: RunStatus };
  send: { params: { readonly data: string }; result: null };
  snapshot: { params: { readonly label?: string; readonly tag?: string }; result: SnapshotTaken };
  pause: { params: object; result: RunStatus };
  resume: { params: object; result: RunStatus };
  /** Answered when the run has ended and what there was to store is stored. */
  stop: { params: { readonly discard?: boolean }; result: RunStatus };
  /** `data`: what the guest printed lately. Events follow until the client goes. */
  console: { params: object; result: { readonly data: string } };
  memory: { params: object; result: MemoryCopy };
}

export type RequestName = keyof Requests;

/** Types of the parameters, for the side that gets them. All but `data` may be left out. */
const PARAMETERS: { readonly [N in RequestName]: Readonly<Record<string, 'string' | 'boolean'>> } = {
  status: { stateHash: 'boolean' },
  send: { data: 'string' },
  snapshot: { label: 'string', tag: 'string' },
  pause: {},
  resume: {},
  stop: { discard: 'boolean' },
  console: {},
  memory: {},
};

export type Request = {
  readonly [N in RequestName]: { readonly id: number; readonly do: N } & Requests[N]['params'];
}[RequestName];

export type Answer =
  | { readonly id: number; readonly ok: unknown }
  | { readonly id: number; readonly error: string; readonly hint?: string };

export type Event =
  | { readonly event: 'console'; readonly data: string }
  | { readonly event: 'remark'; readonly text: string }
  | { readonly event: 'ended'; readonly how: string };

/** A line from a client as a request. @throws UserError when it is none */
export function parseRequest(value: unknown): Request {
  const request = value as Record<string, unknown> | null;
  if (typeof request !== 'object' || request === null || typeof request.id !== 'number') {
    throw new UserError('this is no request', 'send {"id":1,"do":"status"}');
  }
  const name = request.do as RequestName;
  if (typeof name !== 'string' || !Object.hasOwn(PARAMETERS, name)) {
    throw new UserError(`there is no request '${String(name)}'`, `there are ${Object.keys(PARAMETERS).join(', ')}`);
  }
  for (const [key, type] of Object.entries(PARAMETERS[name])) {
    const given = request[key];
    if (typeof given !== type && (given !== undefined || key === 'data')) {
      throw new UserError(`${name}: ${key} must be a ${type}`);
    }
  }
  return value as Request;
}
