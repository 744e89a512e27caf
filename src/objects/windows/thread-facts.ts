/** The facts about one thread: ids, times, state. */
import type { StructView } from '../struct-view.js';
import { unixTime } from './times.js';

/** KTHREAD_STATE and KWAIT_REASON (ReactOS's NDK, ketypes.h; Microsoft's public symbols). */
const STATES = [
  'Initialized',
  'Ready',
  'Running',
  'Standby',
  'Terminated',
  'Waiting',
  'Transition',
  'DeferredReady',
  'GateWait',
] as const;
const WAITING = 5;
const TERMINATED = 4;

/** Name of the enumeration's value that the member holds; the number where the profile has no name for it. */
function enumName(view: StructView, type: string, value: number | undefined): string | undefined {
  if (value === undefined) return undefined;
  const constants = view.context.profile.types.enum(type)?.constants ?? new Map<string, bigint>();
  for (const [name, constant] of constants) if (Number(constant) === value) return name;
  return `${value}`;
}

/**
 * A start address; undefined where the thread has received a message through a port since, for which 5.x keeps the number of the
 * message in the same place (the kernel's address in 5.2, the program's in 5.1).
 */
function startAddress(thread: StructView, member: 'StartAddress' | 'Win32StartAddress'): bigint | undefined {
  const isMessage =
    thread.has('LpcReceivedMsgIdValid') &&
    thread.field(member).offset === thread.field('LpcReceivedMessageId').offset &&
    thread.num('LpcReceivedMsgIdValid') === 1;
  return isMessage ? undefined : thread.ptr(member);
}

/** What thread lists show. */
export function threadFacts(thread: StructView) {
  const state = thread.num('Tcb.State');
  return {
    tid: thread.num('Cid.UniqueThread'),
    state: state === undefined ? undefined : (STATES[state] ?? `${state}`),
    waitReason: state === WAITING ? enumName(thread, '_KWAIT_REASON', thread.num('Tcb.WaitReason')) : undefined,
    startAddress: startAddress(thread, 'StartAddress'),
    win32StartAddress: startAddress(thread, 'Win32StartAddress'),
    createTime: unixTime(thread.big('CreateTime.QuadPart')),
    // ExitTime shares its place with a list while the thread lives.
    exitTime: state === TERMINATED ? unixTime(thread.big('ExitTime.QuadPart')) : undefined,
    kernelTicks: thread.num('Tcb.KernelTime'),
    userTicks: thread.num('Tcb.UserTime'),
    priority: thread.num('Tcb.Priority'),
    teb: thread.ptr('Tcb.Teb'),
    offset: thread.address,
  };
}
