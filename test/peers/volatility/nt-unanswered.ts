/** Plugins of Volatility that say nothing about the ReactOS image: they fail, or find none of what is there. */

export interface Unanswered {
  readonly peer: readonly string[];
  readonly why: string;
}

const NO_SYMBOL = "asks for a symbol that is not among the kernel's exports";
const DRIVER_SIZE =
  "finds drivers from the end of their blocks by the sizes of Windows's; ReactOS's have larger extensions";
const OTHER_TAGS = "looks for blocks with Windows's tags; ReactOS has others";
const NO_VAD_TAG = "looks at the tag before each node of the tree of address ranges; ReactOS's is none of Windows's";
const HIVE_MAP = "takes ReactOS's flat list of a hive's blocks for a table of two levels";

export const NT_UNANSWERED: readonly Unanswered[] = [
  { peer: ['windows.info.Info'], why: NO_SYMBOL },
  { peer: ['windows.timers.Timers'], why: NO_SYMBOL },
  { peer: ['windows.kpcrs.KPCRs'], why: NO_SYMBOL },
  { peer: ['windows.bigpools.BigPools'], why: NO_SYMBOL },
  { peer: ['windows.unloadedmodules.UnloadedModules'], why: NO_SYMBOL },
  { peer: ['windows.virtmap.VirtMap'], why: NO_SYMBOL },
  { peer: ['windows.modscan.ModScan'], why: OTHER_TAGS },
  { peer: ['windows.driverscan.DriverScan'], why: DRIVER_SIZE },
  { peer: ['windows.driverirp.DriverIrp'], why: DRIVER_SIZE },
  { peer: ['windows.drivermodule.DriverModule'], why: DRIVER_SIZE },
  { peer: ['windows.devicetree.DeviceTree'], why: DRIVER_SIZE },
  { peer: ['windows.registry.hivescan.HiveScan'], why: OTHER_TAGS },
  { peer: ['windows.vadinfo.VadInfo'], why: NO_VAD_TAG },
  { peer: ['windows.vadwalk.VadWalk'], why: NO_VAD_TAG },
  { peer: ['windows.ldrmodules.LdrModules'], why: NO_VAD_TAG },
  { peer: ['windows.malfind.Malfind'], why: NO_VAD_TAG },
  { peer: ['windows.registry.printkey.PrintKey'], why: HIVE_MAP },
  { peer: ['windows.registry.certificates.Certificates'], why: HIVE_MAP },
  { peer: ['windows.getservicesids.GetServiceSIDs'], why: HIVE_MAP },
  { peer: ['windows.dumpfiles.DumpFiles'], why: "knows Windows's cache manager alone" },
];
