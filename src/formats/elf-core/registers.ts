/**
 * What the notes of a machine's core file say beside memory: registers, vmcoreinfo, and who wrote it.
 * ELF cores and kdump files carry the same notes.
 */
import { utf8Text } from '../../core/bytes.js';
import type { ProcessorRegisters } from '../../memory/physical-memory.js';
import { noteKinds } from '../elf/layout.js';
import type { ElfNote } from '../elf/notes.js';
import {
  qemuCpu,
  qemuCpuShort,
  qemuGeneralRegisters,
  VBOX_CORE_MAGIC,
  VBOX_PORTABLE_CPU_VERSION,
  vboxCpu,
  vboxDescriptor,
} from './layout.js';

const RIP = qemuGeneralRegisters.indexOf('rip');

function isKind(note: ElfNote, kind: { readonly owner: string; readonly type: number }): boolean {
  return note.owner === kind.owner && note.type === kind.type;
}

function qemuRegisters(description: Uint8Array): ProcessorRegisters | undefined {
  const state = qemuCpuShort.decode(description);
  if (!state) return undefined;
  const kernelGsBase = state.size >= qemuCpu.size ? qemuCpu.decode(description)?.kernelGsBase : undefined;
  return {
    cr0: state.cr[0] as bigint,
    cr3: state.cr[3] as bigint,
    cr4: state.cr[4] as bigint,
    rip: state.general[RIP] as bigint,
    idt: state.idt.base,
    gsBase: state.gs.base,
    general: Object.fromEntries(qemuGeneralRegisters.map((name, index) => [name, state.general[index] as bigint])),
    ...(kernelGsBase === undefined ? {} : { kernelGsBase }),
  };
}

function vboxRegisters(description: Uint8Array): ProcessorRegisters | undefined {
  const state = vboxCpu.decode(description);
  if (!state) return undefined;
  const { cr0, cr3, cr4, rip, kernelGsBase } = state;
  return { cr0, cr3, cr4, rip, kernelGsBase, idt: state.idt.base, gsBase: state.gs.base };
}

/** Registers of every processor, in the order of the notes. Notes that are too short are left out. */
export function registersFromNotes(notes: readonly ElfNote[]): ProcessorRegisters[] {
  const core = notes.find((note) => isKind(note, noteKinds.vboxCore));
  const descriptor = core && vboxDescriptor.decode(core.description);
  const readsVbox = descriptor?.magic === VBOX_CORE_MAGIC && descriptor.formatVersion >= VBOX_PORTABLE_CPU_VERSION;
  return notes
    .map((note) => {
      if (isKind(note, noteKinds.qemuCpu)) return qemuRegisters(note.description);
      if (readsVbox && isKind(note, noteKinds.vboxCpu)) return vboxRegisters(note.description);
      return undefined;
    })
    .filter((registers) => registers !== undefined);
}

/** The text of the VMCOREINFO note, if there is one. */
export function vmcoreinfoFromNotes(notes: readonly ElfNote[]): string | undefined {
  const note = notes.find((one) => isKind(one, noteKinds.vmcoreinfo));
  return note && utf8Text(note.description);
}

/** Who wrote the core, where its notes tell. */
export function writerFromNotes(notes: readonly ElfNote[]): string | undefined {
  if (notes.some((note) => isKind(note, noteKinds.vboxCore))) return 'VirtualBox';
  if (notes.some((note) => isKind(note, noteKinds.qemuCpu))) return 'QEMU';
  return undefined;
}
