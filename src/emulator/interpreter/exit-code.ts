/** Why generated code returned to the host loop. Codes are part of the generated code; 0 means "go on". */
export const EXIT = {
  /** Look at RIP again (another tier may own the code there). */
  none: 0,
  /** No code known for (RIP, mode). */
  miss: 1,
  /** The next block would pass the instruction limit. */
  limit: 2,
  /** The next block just became hot. */
  hot: 3,
  /** The instruction at RIP must be executed alone. */
  step: 4,
  /** Something that blocks depend on may have changed, or an interrupt may be due. */
  event: 5,
  /** An exception is recorded and must be delivered; RIP is at the faulting instruction. */
  exception: 6,
  /** A region left before an instruction; see jit/leave.ts. The instruction must be executed alone. */
  leave: 7,
  /** Events: the buffer is full, or the run stops before the instruction at RIP; see events/. */
  events: 8,
} as const;
