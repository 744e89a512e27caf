/** The processes that keep consoles: conhost.exe, with the version of their program. */
import { versionInfo } from '../../../formats/pe/version-info.js';
import type { PagedAddressSpace } from '../../../memory/paged-address-space.js';
import type { WindowsKernel } from '../kernel.js';
import { moduleFacts, processModules } from '../loaded-modules.js';
import { mappedImage } from '../mapped-image.js';
import { processEnvironment } from '../process-environment.js';
import { processId, processName } from '../process-facts.js';
import { processes } from '../processes.js';

export interface ConsoleHost {
  readonly pid: number | undefined;
  readonly process: string | undefined;
  readonly space: PagedAddressSpace;
  /** Of the program; undefined when it is not in memory. */
  readonly image: { readonly base: bigint; readonly size: number } | undefined;
  readonly build: number;
  readonly update: number;
}

const HOST = 'conhost.exe';

/** The first build whose consoles are known. */
const FIRST_BUILD = 17763;

/** False where consoles are kept in ways that are not known here: by csrss.exe until Vista (and in ReactOS), by older conhosts. */
export function knowsConsoles(kernel: WindowsKernel): boolean {
  return kernel.is64Bit && kernel.buildNumber >= FIRST_BUILD;
}

/** What to tell people then. */
export const UNKNOWN_CONSOLES =
  'how this system keeps consoles is not known: only conhost.exe of amd64 Windows 10 1809, Server 2019 and later is read';

export function* consoleHosts(kernel: WindowsKernel): Generator<ConsoleHost> {
  for (const process of processes(kernel)) {
    if (processName(process)?.toLowerCase() !== HOST) continue;
    const space = kernel.processSpace(process);
    if (space === undefined) continue;
    const environment = processEnvironment(kernel, process);
    let image: ConsoleHost['image'];
    for (const module of environment === undefined ? [] : processModules(environment)) {
      const { name, base, size } = moduleFacts(module);
      if (name?.toLowerCase() !== HOST || base === undefined || size === undefined) continue;
      image = { base, size };
      break;
    }
    const pe = image && mappedImage(space, image.base);
    const [, , build, update] = (pe && versionInfo(pe)?.fileVersion)?.split('.').map(Number) ?? [];
    yield {
      pid: processId(process),
      process: processName(process),
      space,
      image,
      build: build ?? kernel.buildNumber,
      update: update ?? 0,
    };
  }
}
