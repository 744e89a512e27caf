/** What `import … from 'memlapse/emulator'` gives: the emulator alone, without forensics. See docs/library.md. */

export { useCompilerFlags } from './core/compiler-flags.js';
export { InvariantError, UserError } from './core/errors.js';
export type { BlockSource } from './emulator/devices/disk/disk-image.js';
export type { EventBatch } from './emulator/events/event-batch.js';
export type { EventFilter, Subscription } from './emulator/events/event-filter.js';
export type { EventHandler, EventSource, EventSubscription } from './emulator/events/event-hub.js';
export type { EventKind, EventOf, MachineEvent } from './emulator/events/event-kinds.js';
export type { PreparedHandlers } from './emulator/interpreter/prepared-handlers.js';
export type { CodeStore } from './emulator/jit/code-store.js';
export type { BootPlan, BootRequest } from './emulator/machine/boot/boot-plan.js';
export { type BootProtocol, planBoot } from './emulator/machine/boot/plan-boot.js';
export { Machine, type MachineListeners } from './emulator/machine/machine.js';
export type { CpuChoice, MachineConfig } from './emulator/machine/machine-config.js';
export type { MachineState } from './emulator/machine/machine-state.js';
export type { Outcome, RunUntil } from './emulator/machine/outcome.js';
export type { Input, InputLog } from './emulator/replay/input-log.js';
export { DiskFile } from './emulator-host/disk-file.js';
export { loadKernelDecompressors } from './emulator-host/kernel-decompressors.js';
export { preparedHandlers } from './emulator-host/prepared-handlers.js';
