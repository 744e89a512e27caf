/**
 * What the host's side of the processor reports when somebody asked for it. A member is undefined as long as nobody
 * did; `events/` sets them. Generated code reports by itself.
 */
export interface Observer {
  /** IN, OUT and their string forms, an element each. */
  port?: ((input: boolean, port: number, size: number, value: number) => void) | undefined;
  /** Delivery begins. `source` as in `delivery.ts`. */
  delivers?:
    | ((source: 'hardware' | 'exception' | 'software', vector: number, errorCode?: number, address?: bigint) => void)
    | undefined;
  /** IRET is done. */
  returned?: (() => void) | undefined;
  /** A far transfer is done. */
  transferred?: ((how: FarTransfer) => void) | undefined;
  /** 0, 2, 3, 4, 8 for control registers, `XCR0`. */
  control?: ((register: number, old: bigint, value: bigint) => void) | undefined;
  msr?: ((register: number, old: bigint, value: bigint) => void) | undefined;
  /** A translation entered the TLB. */
  fill?: ((low: number, high: number, frame: number, access: TlbAccess) => void) | undefined;
  flush?: ((scope: 'all' | 'nonglobal' | 'page', address: bigint) => void) | undefined;
  halted?: (() => void) | undefined;
  reset?: (() => void) | undefined;
  /** The processor accessed linear memory by itself, or for a host helper. */
  access?: ((write: boolean, address: bigint, physical: number, size: number, value: bigint) => void) | undefined;
  /** What the running instruction did so far stays, even if it faults later. */
  commit?: (() => void) | undefined;
  /** Pages that are written and executed. */
  pages?: PageObserver | undefined;
}

export type FarTransfer = 'far jump' | 'far call' | 'far return' | 'system call' | 'system return';
export type TlbAccess = 'read' | 'write' | 'fetch';

/** Number of XCR0 where control registers are numbered. */
export const XCR0 = 16;

export interface PageObserver {
  /** Guest RAM is about to be written through this linear address. */
  written(frame: number, low: number, high: number, user: boolean): void;
  /** Somebody beside the processor wrote guest RAM. */
  writtenOutside(frame: number): void;
  /** An instruction in this frame is about to be decoded. */
  executed(physical: number, linear: bigint): void;
  /** Must a write to the frame be done in a single step? */
  holdsCode(frame: number): boolean;
}
