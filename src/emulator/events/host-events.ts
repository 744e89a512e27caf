/**
 * Events that the host's side of the processor reports: ports, exceptions, system registers, the TLB, accesses of
 * helpers. Sets the members of the state's `Observer` that somebody subscribed to; each calls the generated event
 * function, so that filters and records are the same as in translated code.
 */
import type { CpuState } from '../cpu/cpu-state.js';
import type { Observer } from '../cpu/observer.js';
import { stateAddress } from '../cpu/state-layout.js';
import { RECORD } from '../interpreter/micro-op.js';
import type { EventFunction, Listener } from './event-functions.js';
import {
  BRANCH_KINDS, type EventKind, FLUSH_SCOPES, IMPLICIT, TLB_ACCESSES, TRANSLATED, WITH_ADDRESS, WITH_ERROR_CODE, WITH_MAPPING,
} from './event-kinds.js'; // biome-ignore format: one import
import type { PageReports } from './written-pages.js';

const REMAINING = stateAddress('remaining') >> 2;
const LEFT = stateAddress('left') >> 2;
const STEPPING = stateAddress('stepping') >> 2;

interface Fields {
  readonly address?: bigint;
  readonly physical?: number;
  readonly value?: bigint;
  readonly extra?: bigint;
  readonly size?: number;
  readonly detail?: number;
}

/** Where the processor is, seen from the host. */
interface Place {
  readonly rip: bigint;
  /** Instructions that count as retired but are not. */
  readonly pending: number;
  /** Subscriptions that the running instruction's mnemonic admits. */
  readonly candidates: number;
}

export interface EventSink {
  /** Makes room for one more record. */
  reserve(): void;
  /** What was reported stays: an instruction is not being executed, or this part of it is done. */
  commit(): void;
  /** A record may have been added. `certain`: no instruction is being executed that could take it back. */
  reported(certain: boolean): void;
}

export class HostEvents {
  private readonly state: CpuState;
  /** The micro-op record of the host helper that runs. */
  private readonly helperRecord: () => number;
  private readonly sink: EventSink;
  private functions: ReadonlyMap<EventKind, EventFunction> = new Map();
  private ofAllRows = -1;

  constructor(state: CpuState, helperRecord: () => number, sink: EventSink) {
    this.state = state;
    this.helperRecord = helperRecord;
    this.sink = sink;
  }

  use(functions: ReadonlyMap<EventKind, EventFunction>, listeners: readonly Listener[]): void {
    this.functions = functions;
    this.ofAllRows = listeners.reduce(
      (mask, { condition, bit }) => (condition.rows === undefined ? mask | (1 << bit) : mask),
      0,
    );
    Object.assign(this.state.observer, this.members());
  }

  readonly pageReports: PageReports = {
    wrote: (address, physical, detail) => this.emit('code-write', { address, physical, detail }),
    executes: (address, physical, writers, mapping) => {
      const detail = writers | (mapping === undefined ? 0 : WITH_MAPPING);
      const { page, addressSpace } = mapping ?? { page: 0n, addressSpace: 0n };
      this.emit('code-execute', { address, physical, detail, value: page, extra: addressSpace });
    },
  };

  private members(): Omit<Observer, 'pages'> {
    const wanted = <F>(kinds: readonly EventKind[], member: F): F | undefined =>
      kinds.some((kind) => this.functions.has(kind)) ? member : undefined;
    const { state } = this;
    return {
      commit: () => this.sink.commit(),
      port: wanted<Observer['port']>(['port-read', 'port-write'], (input, port, size, value) => {
        const kind = input ? 'port-read' : 'port-write';
        const mask = 2 ** (8 * size) - 1;
        this.emit(kind, { address: BigInt(port), size, value: BigInt((value & mask) >>> 0) });
      }),
      delivers: wanted<Observer['delivers']>(['exception', 'interrupt'], (source, vector, errorCode, address) => {
        if (source !== 'exception') {
          this.emit('interrupt', { address: BigInt(vector), detail: source === 'hardware' ? 0 : 1 });
          return;
        }
        const detail = (errorCode === undefined ? 0 : WITH_ERROR_CODE) | (address === undefined ? 0 : WITH_ADDRESS);
        this.emit('exception', {
          address: BigInt(vector), value: BigInt((errorCode ?? 0) >>> 0), extra: address ?? 0n, detail,
        }); // biome-ignore format: one record
      }),
      returned: wanted<Observer['returned']>(['interrupt-return'], () =>
        this.emit('interrupt-return', { address: state.rip }),
      ),
      transferred: wanted<Observer['transferred']>(['branch'], (how) =>
        this.emit('branch', { address: state.rip, detail: BRANCH_KINDS.indexOf(how) }),
      ),
      control: wanted<Observer['control']>(['control-write'], (register, extra, value) =>
        this.emit('control-write', { address: BigInt(register), extra, value }),
      ),
      msr: wanted<Observer['msr']>(['msr-write'], (register, extra, value) =>
        this.emit('msr-write', { address: BigInt(register), extra, value }),
      ),
      fill: wanted<Observer['fill']>(['tlb-fill'], (low, high, frame, access) => {
        const address = BigInt.asUintN(64, (BigInt(high) << 32n) | BigInt((low & ~0xfff) >>> 0));
        this.emit('tlb-fill', { address, physical: frame * 4096, detail: TLB_ACCESSES.indexOf(access) });
      }),
      flush: wanted<Observer['flush']>(['tlb-flush'], (scope, address) =>
        this.emit('tlb-flush', { address, detail: FLUSH_SCOPES.indexOf(scope) }),
      ),
      halted: wanted<Observer['halted']>(['halt'], () => this.emit('halt', {})),
      reset: wanted<Observer['reset']>(['reset'], () => this.emit('reset', {})),
      access: wanted<Observer['access']>(['read', 'write'], (write, address, physical, size, value) =>
        this.emit(write ? 'write' : 'read', { address, physical, size, value, detail: IMPLICIT }),
      ),
    };
  }

  private emit(
    kind: EventKind,
    { address = 0n, physical = 0, value = 0n, extra = 0n, size = 0, detail = 0 }: Fields,
  ): void {
    const run = this.functions.get(kind);
    if (run === undefined) return;
    this.sink.reserve();
    const { rip, pending, candidates } = this.place();
    const mask = TRANSLATED.has(kind) ? candidates : -1;
    run(
      BigInt.asUintN(64, address), BigInt(physical), BigInt.asUintN(64, value), extra, rip, pending,
      size | (detail << 8), mask,
    ); // biome-ignore format: one call
    this.sink.reported(!this.isInside);
  }

  /** Is an instruction being executed? */
  private get isInside(): boolean {
    return this.state.i32[LEFT] !== 0 || this.state.i32[STEPPING] !== 0;
  }

  private place(): Place {
    const { state } = this;
    const remaining = state.i32[REMAINING] as number;
    const left = state.i32[LEFT] as number;
    if (left === 0) {
      const stepping = state.i32[STEPPING] !== 0;
      return {
        rip: state.getWide(stepping ? 'blockRip' : 'rip'),
        pending: remaining + (stepping ? 1 : 0),
        candidates: this.ofAllRows,
      };
    }
    const record = this.helperRecord();
    const start = BigInt(state.i32[(record + RECORD.start) >> 2] as number);
    return {
      rip: state.getWide('blockRip') + start,
      pending: remaining + left,
      candidates: state.i32[(record + RECORD.candidates) >> 2] as number,
    };
  }
}
