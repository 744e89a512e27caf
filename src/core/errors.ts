/**
 * The two kinds of failure that travel as exceptions.
 *
 * Guest damage is neither: an unreadable page or a forged length is normal input and is returned as a value
 * (see `memory/address-space.ts` and `memory/faults.ts`).
 */

/** Something the user can mend: what happened, and what to do next. Printed as one line, exit code 1. */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** The next step, as an imperative sentence without a full stop; printed after the message. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** A bug of ours: a state that the code promised never to reach. Printed with its stack. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws an `InvariantError` unless `condition` holds. Never used on guest data or on user input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** A `UserError` in how a command was called rather than in what it was given; exit code 2. */
export class UsageError extends UserError {}
