/**
 * Judges function pointers of the kernel: where they lead, and whether an honest kernel would lead there.
 *
 * A verdict is about the pointer's target only. Code that was overwritten in place keeps its address; see
 * `inline-hook.ts` for that.
 */
import type { LinuxKernel } from './kernel.js';
import { inKernelText, placeOf, symbolize } from './symbolize.js';

export interface PointerFacts {
  readonly handler: bigint;
  /** `symbol+0x10`, `symbol [module]`; undefined for memory that belongs to nothing known. */
  readonly symbol: string | undefined;
  /** Module whose memory it is in; undefined for the kernel image. */
  readonly module: string | undefined;
  /** False for kernel text and for the memory of a listed module, true for everything else. */
  readonly suspicious: boolean;
}

/** The facts about a function pointer. NULL is nobody's handler and not suspicious. */
export function pointerFacts(kernel: LinuxKernel, handler: bigint): PointerFacts {
  const place = handler === 0n ? undefined : placeOf(kernel, handler);
  const honest = handler === 0n || place?.module !== undefined || inKernelText(kernel, handler);
  return {
    handler,
    symbol: handler === 0n ? undefined : symbolize(kernel, handler),
    module: place?.module,
    suspicious: !honest,
  };
}
