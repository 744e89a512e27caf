/** Where credentials are kept: the boot key and the roots of the hives SAM and SECURITY of a running system. */
import type { RegistryKey } from '../../../formats/regf/registry-key.js';
import type { WindowsKernel } from '../kernel.js';
import { registryKey } from '../registry/registry.js';
import { bootKey } from './boot-key.js';
import { type LsaKey, lsaKey } from './lsa-secrets.js';

/** Undefined where class names are missing: on ReactOS, and when they are not in memory. */
export function systemBootKey(kernel: WindowsKernel): Uint8Array | undefined {
  return bootKey(registryKey(kernel, '\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa'));
}

export function samRoot(kernel: WindowsKernel): RegistryKey | undefined {
  return registryKey(kernel, '\\REGISTRY\\MACHINE\\SAM');
}

/** The SECURITY hive with its key; undefined where either cannot be had. */
export function securityHive(kernel: WindowsKernel): { root: RegistryKey; key: LsaKey } | undefined {
  const boot = systemBootKey(kernel);
  const root = registryKey(kernel, '\\REGISTRY\\MACHINE\\SECURITY');
  const key = boot && root && lsaKey(root, boot);
  return root && key && { root, key };
}
