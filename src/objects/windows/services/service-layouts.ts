/**
 * How the service controller (services.exe) keeps its records, by build: its public symbols have no types.
 *
 * Offsets are facts as published with Volatility 3 (symbols/windows/services) and, for ReactOS, in its sources
 * (base/system/services/services.h). A row holds from its build on.
 */

export interface ServiceLayout {
  /** First build that is so. */
  readonly build: number;
  /** How a first record is found, see `service-records.ts`. */
  readonly found: 'own tag' | 'header' | 'name behind it';
  /** Of the tag in the record, or of the record's address in the header. */
  readonly tag: number;
  /** The link to the record before. */
  readonly previous: number;
  readonly name: number;
  readonly displayName: number;
  readonly type: number;
  readonly state: number;
  readonly start: number;
  /** Leads to the process's record, or to the driver's name. */
  readonly process: number;
  readonly driver: number;
  /** In the process's record. */
  readonly binary: number;
  readonly pid: number;
}

type Places = readonly [
  previous: number,
  name: number,
  displayName: number,
  type: number,
  state: number,
  start: number,
  process: number,
];

const layout = (
  build: number,
  [previous, name, displayName, type, state, start, process]: Places,
  [binary, pid]: readonly [number, number],
  found: ServiceLayout['found'],
  tag: number,
): ServiceLayout => ({
  build,
  found,
  tag,
  previous,
  name,
  displayName,
  type,
  state,
  start,
  process,
  driver: process,
  binary,
  pid,
});

const header64 = (build: number, places: Places, inProcess: readonly [number, number]) =>
  layout(build, places, inProcess, 'header', 16);
const header32 = (build: number, places: Places, inProcess: readonly [number, number], record = 12) =>
  layout(build, places, inProcess, 'header', record);

/** By the size of a pointer, the newest first. */
const LAYOUTS: { readonly 4: readonly ServiceLayout[]; readonly 8: readonly ServiceLayout[] } = {
  8: [
    { ...header64(25398, [16, 56, 64, 80, 84, 36, 336], [24, 40]), driver: 296 },
    header64(19041, [16, 56, 64, 72, 76, 36, 296], [24, 40]),
    header64(18362, [16, 56, 64, 72, 76, 36, 240], [24, 40]),
    header64(16299, [16, 56, 64, 72, 76, 36, 232], [24, 40]),
    header64(15063, [16, 56, 64, 72, 76, 36, 232], [24, 32]),
    header64(9200, [8, 16, 24, 64, 68, 92, 56], [24, 32]),
    header64(6000, [0, 8, 16, 48, 52, 76, 40], [16, 24]),
    layout(3790, [0, 8, 16, 56, 60, 84, 48], [16, 24], 'own tag', 32),
  ],
  4: [
    header32(19041, [12, 44, 48, 52, 56, 24, 192], [12, 20], 16),
    header32(18362, [12, 44, 48, 52, 56, 24, 164], [12, 20]),
    header32(17763, [12, 44, 48, 52, 56, 24, 160], [12, 20]),
    header32(16299, [12, 44, 48, 52, 56, 24, 156], [12, 20]),
    header32(15063, [12, 44, 48, 52, 56, 24, 156], [12, 16]),
    header32(9200, [4, 8, 12, 40, 44, 68, 36], [12, 16]),
    header32(6000, [0, 4, 8, 32, 36, 60, 28], [8, 12]),
    layout(2600, [0, 8, 12, 40, 44, 68, 36], [8, 12], 'own tag', 24),
  ],
};

/** ReactOS 0.4.13: links, name, display name, group, image, three counters, SERVICE_STATUS, start type. */
const REACTOS = layout(3790, [4, 8, 12, 36, 40, 64, 20], [8, 28], 'name behind it', 0);

/** Undefined for builds before all that are known. */
export function serviceLayout(pointerSize: 4 | 8, build: number, isReactOS: boolean): ServiceLayout | undefined {
  return isReactOS ? REACTOS : LAYOUTS[pointerSize].find((each) => each.build <= build);
}
