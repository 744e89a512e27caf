/** What the demonstration shows of its series: command lines, as anybody could type them. */
import { momentTag } from '../live/record-demo.js';
import type { SnapshotStore } from '../snapshots/store.js';

interface Scene {
  readonly title: string;
  /** Name of the command as oclif knows it, and its arguments. */
  commands(series: string): readonly (readonly [id: string, ...args: string[]])[];
}

const at = (series: string, moment: number): string => `snapshot:${series}@${momentTag(moment)}`;

/** Processes, modules and open files at one moment. */
const atMoment = (series: string, moment: number): ReturnType<Scene['commands']> => [
  ['pslist', '-f', at(series, moment), '--filter', 'kernelThread=false'],
  ['modules', '-f', at(series, moment), '--columns', 'name,base,size,state'],
  ['handles', '-f', at(series, moment), '--filter', 'handle>2', '--columns', 'pid,process,handle,type,name,details'],
];

export const DEMO_SCENES: readonly Scene[] = [
  { title: 'the first moment: a server listens, a file is deleted and still open', commands: (s) => atMoment(s, 1) },
  { title: 'the second moment: much has happened', commands: (s) => atMoment(s, 2) },
  {
    title: 'what changed between them',
    commands: (s) => [
      ['diff', at(s, 1), at(s, 2), '--only', 'processes,modules,handles,sockets'],
      ['malfind', '-f', at(s, 2), '--columns', 'pid,process,start,protection,reasons'],
    ],
  },
  {
    title: 'the third moment: the list of processes has one less, and that one is found',
    commands: (s) => [
      ['diff', at(s, 2), at(s, 3), '--only', 'processes'],
      ['linux:psxview', '-f', at(s, 3), '--filter', 'suspicious=true'],
    ],
  },
  {
    title: 'when what was there',
    commands: (s) => [
      [
        ...(['timeline', '-f', `${at(s, 1)}..${momentTag(3)}`, '--sources', 'processes,modules'] as const),
        ...['--columns', 'kind,object,life,firstSeenAt,lastSeenAt', '--filter', 'life~·'],
      ],
    ],
  },
];

/** A name that no series in `store` has: `demo`, `demo-2`, … */
export function freeSeries(store: SnapshotStore): string {
  const taken = new Set(store.series());
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'demo' : `demo-${number}`;
    if (!taken.has(name)) return name;
  }
}
