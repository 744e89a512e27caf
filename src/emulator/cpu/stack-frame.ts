/**
 * Pushes and pops of multi-word frames by the processor itself (interrupts, far calls, returns): everything that can
 * fault happens before RSP changes.
 */
import type { LinearMemory } from '../mmu/linear-memory.js';
import type { CpuState } from './cpu-state.js';
import { ATTRIBUTE } from './cpu-state.js';
import { GuestException, VECTOR } from './exceptions.js';
import { is64Bit } from './mode.js';
import { checkAccess, SS } from './segments.js';

/** A stack that is written downward; `commitPointer` is the new stack pointer. */
export class StackFrame {
  private readonly memory: LinearMemory;
  private readonly base: bigint;
  private readonly mask: bigint;
  private readonly user: boolean;
  private readonly check: ((offset: bigint, bytes: number, write: boolean) => void) | undefined;
  pointer: bigint;

  /** `base` and `mask` describe the stack segment; `check` applies its limits. */
  constructor(
    memory: LinearMemory,
    pointer: bigint,
    base: bigint,
    mask: bigint,
    user: boolean,
    check?: (offset: bigint, bytes: number, write: boolean) => void,
  ) {
    this.memory = memory;
    this.pointer = pointer;
    this.base = base;
    this.mask = mask;
    this.user = user;
    this.check = check;
  }

  private linear(offset: bigint): bigint {
    return this.memory.wrap(this.base + offset);
  }

  push(value: bigint, size: number): void {
    const offset = (this.pointer - BigInt(size)) & this.mask;
    this.check?.(offset, size, true);
    this.memory.write(this.linear(offset), size, value, this.user);
    this.pointer = (this.pointer & ~this.mask) | offset;
  }

  pop(size: number): bigint {
    const offset = this.pointer & this.mask;
    this.check?.(offset, size, false);
    const value = this.memory.read(this.linear(offset), size, this.user);
    this.pointer = (this.pointer & ~this.mask) | ((offset + BigInt(size)) & this.mask);
    return value;
  }

  skip(bytes: number): void {
    this.pointer = (this.pointer & ~this.mask) | ((this.pointer + BigInt(bytes)) & this.mask);
  }
}

/** The stack in use now, with RSP as it is. */
export function currentStack(state: CpuState, memory: LinearMemory): StackFrame {
  const user = state.cpl === 3;
  if (is64Bit(state)) return new StackFrame(memory, state.gpr(4), 0n, (1n << 64n) - 1n, user);
  const mask = (state.attributes(SS) & ATTRIBUTE.big) !== 0 ? 0xffffffffn : 0xffffn;
  return new StackFrame(memory, state.gpr(4), state.segmentBase(SS), mask, user, (offset, bytes, write) => {
    const fault = checkAccess(state, SS, offset, bytes, write);
    if (fault !== undefined) throw fault;
  });
}

/** A new inner stack given by its segment's base, limit and size bit. */
export function innerStack(
  memory: LinearMemory,
  pointer: bigint,
  base: bigint,
  limit: number,
  attributes: number,
): StackFrame {
  const mask = (attributes & ATTRIBUTE.big) !== 0 ? 0xffffffffn : 0xffffn;
  const expandDown = (attributes & ATTRIBUTE.expandDown) !== 0;
  return new StackFrame(memory, pointer, base, mask, false, (offset, bytes) => {
    const last = offset + BigInt(bytes - 1);
    const fits = expandDown ? offset > BigInt(limit) && last <= mask : last <= BigInt(limit);
    if (!fits) throw new GuestException(VECTOR.stack, 0);
  });
}
