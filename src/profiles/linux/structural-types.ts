/**
 * The types that can be made from what lies in memory, for kernels that bring none and for which nobody gave a symbol
 * file: the members of tasks, and of what they lead to, that `task-members.ts` found.
 *
 * Deliberately few: whoever needs another member gets a `ProfileGap`.
 */
import type { PagedAddressSpace } from '../../memory/paged-address-space.js';
import type { Field, StructType, TypeRef } from '../types.js';
import { TaskMembers } from './task-members.js';
import { sampleTasks, type TaskSample } from './task-sample.js';

export interface StructuralTypes {
  /** With the members that were found, and sizes that nobody may rely on. */
  readonly structs: readonly StructType[];
}

const INT: TypeRef = { kind: 'int', name: 'int', size: 4, signed: true };
const UNSIGNED: TypeRef = { kind: 'int', name: 'unsigned int', size: 4, signed: false };
const NANOSECONDS: TypeRef = { kind: 'int', name: 'unsigned long long', size: 8, signed: false };
const LIST: TypeRef = { kind: 'struct', name: 'list_head' };
const CHAR: TypeRef = { kind: 'int', name: 'char', size: 1, signed: true, char: true };

/** What all tasks show; undefined when not even their list is found. */
export function structuralTypes(space: PagedAddressSpace, initTask: bigint): StructuralTypes | undefined {
  const sample = sampleTasks(space, initTask);
  if (sample === undefined) return undefined;
  const members = new TaskMembers(sample, space);
  const { pointerSize } = space;
  const pgd = members.findPgd();
  const structs: readonly (readonly [string, readonly Field[]])[] = [
    [
      'list_head',
      [pointer('next', 0, pointerSize, 'list_head'), pointer('prev', pointerSize, pointerSize, 'list_head')],
    ],
    ['task_struct', taskFields(sample, members)],
    ['signal_struct', signalFields(members)],
    ['cred', credFields(members)],
    ['kuid_t', [{ name: 'val', offset: 0, type: UNSIGNED }]],
    ['kgid_t', [{ name: 'val', offset: 0, type: UNSIGNED }]],
    ['mm_struct', pgd === undefined ? [] : [pointer('pgd', pgd, pointerSize)]],
  ];
  return { structs: structs.map(([name, fields]) => structOf(name, fields)) };
}

/** The size is that of what is known of it: nobody may rely on it. */
function structOf(name: string, fields: readonly Field[]): StructType {
  const size = Math.max(0, ...fields.map(({ offset }) => offset + 4));
  return { name, union: false, size, fields: new Map(fields.map((field) => [field.name, field])) };
}

function taskFields({ tasksOffset, commOffset, pointerSize }: TaskSample, members: TaskMembers): Field[] {
  const fields: Field[] = [
    { name: 'tasks', offset: tasksOffset, type: LIST },
    { name: 'comm', offset: commOffset, type: { kind: 'array', count: 16, element: CHAR } },
  ];
  /** Members that stand one after another, when the first of them was found. */
  const row = (
    start: number | undefined,
    step: number,
    names: readonly string[],
    make: (name: string, offset: number) => Field,
  ) => {
    if (start !== undefined) fields.push(...names.map((name, index) => make(name, start + index * step)));
  };
  const plain =
    (type: TypeRef) =>
    (name: string, offset: number): Field => ({ name, offset, type });
  const to =
    (target?: string) =>
    (name: string, offset: number): Field =>
      pointer(name, offset, pointerSize, target);
  const parent = members.findParent();
  const stack = members.findStack();
  row(members.findPid(), 4, ['pid', 'tgid'], plain(INT));
  row(parent, pointerSize, ['real_parent', 'parent'], to('task_struct'));
  row(parent === undefined ? undefined : members.findGroupLeader(parent), 0, ['group_leader'], to('task_struct'));
  row(members.mm, pointerSize, ['mm', 'active_mm'], to('mm_struct'));
  row(members.findExitState(), 4, ['exit_state', 'exit_code', 'exit_signal'], plain(INT));
  row(members.cred, pointerSize, ['real_cred', 'cred'], to('cred'));
  row(members.signal?.signal, 0, ['signal'], to('signal_struct'));
  row(members.signal?.node, 0, ['thread_node'], plain(LIST));
  row(members.findFlags(), 0, ['flags'], plain(UNSIGNED));
  row(members.findStartTime(), 8, ['start_time', 'start_boottime'], plain(NANOSECONDS));
  row(stack, 0, ['stack'], to());
  row(stack === undefined ? undefined : members.findState(stack), 0, ['__state'], plain(UNSIGNED));
  return fields;
}

/** `sigcnt`, `live` and `nr_threads` begin it; the list of threads follows. */
function signalFields({ signal }: TaskMembers): Field[] {
  if (signal === undefined) return [];
  return [
    { name: 'nr_threads', offset: 8, type: INT },
    { name: 'thread_head', offset: signal.head, type: LIST },
  ];
}

/** A reference count (long since 6.7), then the ids in pairs. */
function credFields(members: TaskMembers): Field[] {
  const start = members.findIds();
  if (start === undefined) return [];
  const names = ['uid', 'gid', 'suid', 'sgid', 'euid', 'egid', 'fsuid', 'fsgid'];
  return names.map((name, index) => {
    const type: TypeRef = { kind: 'struct', name: index % 2 === 0 ? 'kuid_t' : 'kgid_t' };
    return { name, offset: start + index * 4, type };
  });
}

function pointer(name: string, offset: number, size: 4 | 8, target?: string): Field {
  const to: TypeRef = target === undefined ? { kind: 'void' } : { kind: 'struct', name: target };
  return { name, offset, type: { kind: 'pointer', size, target: to } };
}
