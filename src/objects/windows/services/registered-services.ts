/** Services as the registry has them. */
import { u32, utf16Text } from '../../../core/bytes.js';
import type { RegistryKey } from '../../../formats/regf/registry-key.js';
import type { WindowsKernel } from '../kernel.js';
import { registryKey } from '../registry/registry.js';

export interface RegisteredService {
  readonly name: string;
  readonly displayName: string | undefined;
  readonly type: number | undefined;
  readonly start: number | undefined;
  /** Command line, or file of the driver. */
  readonly imagePath: string | undefined;
  /** Library, of services in a shared process. */
  readonly library: string | undefined;
  readonly lastWritten: bigint;
}

const SERVICES = '\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Services';

/** Every key below Services that has a type; other keys there are no services. */
export function* registeredServices(kernel: WindowsKernel): Generator<RegisteredService> {
  for (const key of registryKey(kernel, SERVICES)?.subkeys() ?? []) {
    const type = number(key, 'Type');
    if (type === undefined) continue;
    yield {
      name: key.name,
      displayName: text(key, 'DisplayName'),
      type,
      start: number(key, 'Start'),
      imagePath: text(key, 'ImagePath'),
      library: text(key.subkey('Parameters'), 'ServiceDll'),
      lastWritten: key.lastWritten,
    };
  }
}

function number(key: RegistryKey, name: string): number | undefined {
  const data = key.value(name)?.data;
  return data?.length === 4 ? u32(data, 0) : undefined;
}

function text(key: RegistryKey | undefined, name: string): string | undefined {
  const data = key?.value(name)?.data;
  return data && utf16Text(data);
}
