/** Chooses the boot protocol for a kernel file: by its own signs, or as the user asked. */
import { UserError } from '../../../core/errors.js';
import type { BootPlan, BootRequest } from './boot-plan.js';
import { type ElfImage, isElf, readElfImage } from './elf-image.js';
import { type Decompressors, unpackPayload } from './kernel-payload.js';
import { planBzImage, planVmlinux32 } from './linux-boot.js';
import { isBzImage, type LinuxSetup, readLinuxSetup } from './linux-setup.js';
import { isMultiboot, planMultiboot } from './multiboot.js';
import { planPvh, pvhEntry } from './pvh.js';

/** `auto`: unpack on the host and enter the kernel proper where that is possible. */
export type BootProtocol = 'auto' | 'pvh' | 'linux' | 'multiboot';

/**
 * @throws UserError with one clear line when the file is no kernel, is damaged, does not fit, or does not speak the
 * protocol asked for.
 */
export function planBoot(
  request: BootRequest,
  decompressors: Decompressors,
  protocol: BootProtocol = 'auto',
): BootPlan {
  const { kernel } = request;
  if (isBzImage(kernel)) {
    const setup = readLinuxSetup(kernel);
    if (protocol === 'linux') return planBzImage(setup, request);
    if (protocol === 'multiboot') throw new UserError('a bzImage is no multiboot kernel');
    return planUnpacked(unpackPayload(setup.payload, decompressors), request, setup);
  }
  if (protocol === 'linux') throw new UserError('the kernel is no bzImage', 'leave out --boot');
  if (protocol === 'multiboot' || (protocol === 'auto' && isMultiboot(kernel))) return planMultiboot(request);
  return planUnpacked(kernel, request);
}

function planUnpacked(kernel: Uint8Array, request: BootRequest, setup?: LinuxSetup): BootPlan {
  if (!isElf(kernel)) {
    throw new UserError('this is no kernel that can be booted', 'give a bzImage, a vmlinux or a multiboot kernel');
  }
  const elf: ElfImage = readElfImage(kernel);
  const entry = pvhEntry(elf);
  if (entry !== undefined) return planPvh(elf, entry, request);
  if (elf.bits === 32) return planVmlinux32(elf, request, setup);
  throw new UserError('this 64-bit kernel has no PVH entry', setup ? 'boot it with --boot linux' : 'give its bzImage');
}
