/** The processes and threads of a synthetic NT guest, linked as the kernel links them. */
import { writeAreas, writeEnvironment } from './nt-address-space.js';
import { type NtGuest, ntTime } from './nt-guest.js';
import { makeHandleTable, type TableEntry } from './nt-handles.js';
import type { NtSpace } from './nt-memory.js';
import type { HandleTruth, NtProcessTruth, NtThreadTruth, NtTruth, TokenTruth } from './nt-truth.js';

/** KTHREAD_STATE and KWAIT_REASON (wdm.h). */
const STATES = { running: 2, terminated: 4, waiting: 5 } as const;
const WAIT_USER_REQUEST = 6;
const PROCESS_OBJECT = 3;
const THREAD_OBJECT = 6;

export class NtProcesses {
  /** Addresses of `_EPROCESS` and `_ETHREAD` by number. */
  readonly processes = new Map<number, bigint>();
  readonly threads = new Map<number, bigint>();
  /** What is mapped in each process that has not exited, by its number. */
  readonly spaces = new Map<number, NtSpace>();
  readonly #guest: NtGuest;
  readonly #sessions = new Map<number, bigint>();

  constructor(guest: NtGuest, truth: NtTruth) {
    this.#guest = guest;
    const { memory } = guest;
    for (const process of truth.processes) this.#process(process);
    for (const process of truth.processes) this.#handles(process);
    const listed = truth.processes
      .filter(({ unlinked }) => unlinked !== true)
      .map(({ pid }) => memory.at(this.processes.get(pid) as bigint, '_EPROCESS', 'ActiveProcessLinks'));
    memory.ring([guest.symbol('PsActiveProcessHead'), ...listed]);
    memory.pointer(guest.symbol('PsInitialSystemProcess'), this.processes.get(4) as bigint);
    const numbers = [...this.processes, ...this.threads].filter(([number]) => this.#isAlive(truth, number));
    const entries = numbers.map(([handle, object]): TableEntry => ({ handle, object, access: 0 }));
    memory.pointer(guest.symbol('PspCidTable'), makeHandleTable(guest, 0, entries));
  }

  #isAlive(truth: NtTruth, number: number): boolean {
    return truth.processes.every(({ pid, exited }) => pid !== number || exited === undefined);
  }

  #process(truth: NtProcessTruth): void {
    const { memory, objects, types } = this.#guest;
    const { pid, ppid, name, created, exited, session } = truth;
    const process = objects.make('Process', {
      values: {
        UniqueProcessId: pid,
        InheritedFromUniqueProcessId: ppid,
        ImageFileName: name.slice(0, 14),
        'CreateTime.QuadPart': ntTime(created),
        'ExitTime.QuadPart': exited === undefined ? 0n : ntTime(exited),
        ActiveThreads: truth.threads.filter(({ state }) => state !== 'terminated').length,
        'Pcb.Header.Type': PROCESS_OBJECT,
      },
    });
    memory.setKnown(process, '_EPROCESS', { 'Pcb.BasePriority': 8 });
    this.processes.set(pid, process);
    if (exited === undefined) {
      const space = pid === 4 ? memory.kernel : memory.newSpace();
      this.spaces.set(pid, space);
      memory.set(process, '_EPROCESS', { 'Pcb.DirectoryTableBase': space.tables.root });
      if (truth.image !== undefined) {
        memory.set(process, '_EPROCESS', {
          Peb: writeEnvironment(this.#guest, space, truth),
          SectionBaseAddress: truth.dlls?.[0]?.base ?? 0n,
        });
        this.#imageName(process, truth.image);
      }
      writeAreas(this.#guest, process, space, truth);
    }
    if (session !== undefined) memory.setKnown(process, '_EPROCESS', { Session: this.#session(session) });
    if (truth.token !== undefined) {
      const token = makeToken(this.#guest, truth.token, session ?? 0);
      memory.set(process, '_EPROCESS', { 'Token.Object': token | 0xfn });
    }
    const threads = truth.threads.map((thread) => this.#thread(process, pid, thread));
    const ring = (head: string, struct: string, entry: string) =>
      memory.ring([
        memory.at(process, '_EPROCESS', head),
        ...threads.map((thread) => memory.at(thread, struct, entry)),
      ]);
    ring('ThreadListHead', '_ETHREAD', 'ThreadListEntry');
    ring('Pcb.ThreadListHead', '_KTHREAD', 'ThreadListEntry');
    if (truth.image === undefined || exited !== undefined) return;
    const file = this.#guest.file(truth.image.slice(2));
    if (types.has('_EPROCESS', 'ImageFilePointer')) memory.set(process, '_EPROCESS', { ImageFilePointer: file });
    else memory.set(process, '_EPROCESS', { SectionObject: this.#section(file) });
  }

  /** The section of a program, by which older builds know its file. */
  #section(file: bigint): bigint {
    const { memory, objects, pool, types } = this.#guest;
    const section = objects.make('Section');
    const area = pool.allocate('MmCa', types.size('_CONTROL_AREA'));
    memory.set(area, '_CONTROL_AREA', { 'FilePointer.Value': file | 7n });
    if (types.has('_SECTION', 'u1.ControlArea')) {
      memory.set(section, '_SECTION', { 'u1.ControlArea': area });
      return section;
    }
    const segment = pool.allocate('MmSm', types.size('_SEGMENT'), true);
    memory.set(segment, '_SEGMENT', { ControlArea: area });
    memory.set(section, '_SECTION_OBJECT', { Segment: segment });
    return section;
  }

  /** The full name of the image as auditing keeps it: text and its UNICODE_STRING in one block. */
  #imageName(process: bigint, image: string): void {
    const { memory, pool, types } = this.#guest;
    const info = pool.allocate('SeAu', types.size('_OBJECT_NAME_INFORMATION'), true);
    this.#guest.setUnicode(info, '_OBJECT_NAME_INFORMATION', 'Name', `\\Device\\HarddiskVolume1${image.slice(2)}`);
    memory.set(process, '_EPROCESS', { 'SeAuditProcessCreationInfo.ImageFileName': info });
  }

  #session(number: number): bigint {
    const known = this.#sessions.get(number);
    if (known !== undefined) return known;
    const { memory, pool, types } = this.#guest;
    if (!types.hasStruct('_MM_SESSION_SPACE')) return 0n;
    const session = pool.allocate('MmSe', types.size('_MM_SESSION_SPACE'));
    memory.set(session, '_MM_SESSION_SPACE', { SessionId: number });
    this.#sessions.set(number, session);
    return session;
  }

  #thread(process: bigint, pid: number, truth: NtThreadTruth): bigint {
    const { memory, objects } = this.#guest;
    const thread = objects.make('Thread', {
      values: {
        'Cid.UniqueProcess': pid,
        'Cid.UniqueThread': truth.tid,
        'CreateTime.QuadPart': ntTime(truth.created),
        StartAddress: this.#guest.resolve(truth.start),
        Win32StartAddress: this.#guest.resolve(truth.win32Start ?? truth.start),
        'Tcb.Header.Type': THREAD_OBJECT,
        'Tcb.State': STATES[truth.state],
        'Tcb.WaitReason': truth.state === 'waiting' ? WAIT_USER_REQUEST : 0,
        'Tcb.Process': process,
        'Tcb.ApcState.Process': process,
        'Tcb.Priority': 8,
        'Tcb.BasePriority': 8,
      },
    });
    memory.setKnown(thread, '_ETHREAD', { ThreadsProcess: process });
    this.threads.set(truth.tid, thread);
    return thread;
  }

  #handles({ pid, handles = [], handleLevels = 1, exited }: NtProcessTruth): void {
    if (exited !== undefined) return;
    const { memory, objects } = this.#guest;
    const process = this.processes.get(pid) as bigint;
    const entries = handles.map((handle): TableEntry => {
      const body = this.#object(handle);
      objects.addHandle(body);
      return { handle: handle.handle, object: objects.header(body), access: handle.access };
    });
    const table = makeHandleTable(this.#guest, pid, entries, handleLevels);
    memory.set(table, '_HANDLE_TABLE', { QuotaProcess: process });
    memory.set(process, '_EPROCESS', { ObjectTable: table });
  }

  /** The object that a handle refers to. */
  #object({ type, name }: HandleTruth): bigint {
    const { objects } = this.#guest;
    const made = () => objects.make(type, name === undefined ? {} : { path: name });
    switch (type) {
      case 'File':
        return this.#guest.file(name ?? '');
      case 'Key':
        return this.#key(name ?? '');
      case 'Process':
        return this.processes.get(Number(name)) as bigint;
      case 'Thread':
        return this.threads.get(Number(name)) as bigint;
      default:
        return name === undefined ? made() : (objects.find(name) ?? made());
    }
  }

  /** A key with control blocks for it and all keys above: `\REGISTRY\MACHINE\…`. */
  #key(path: string): bigint {
    const { memory, objects, pool, types } = this.#guest;
    let parent = 0n;
    for (const name of path.split('\\').slice(1)) {
      const block = pool.allocate('CMkb', types.size('_CM_KEY_CONTROL_BLOCK'), true);
      const text = Buffer.from(name, 'latin1');
      const nameBlock = pool.allocate('CMNb', types.size('_CM_NAME_CONTROL_BLOCK') + text.length, true);
      memory.set(nameBlock, '_CM_NAME_CONTROL_BLOCK', { Compressed: 1, NameLength: text.length });
      memory.write(memory.at(nameBlock, '_CM_NAME_CONTROL_BLOCK', 'Name'), text);
      memory.set(block, '_CM_KEY_CONTROL_BLOCK', { ParentKcb: parent, NameBlock: nameBlock });
      parent = block;
    }
    return objects.make('Key', { values: { Type: 0x6b79_3032, KeyControlBlock: parent } });
  }
}

const ENABLED_GROUP = 7;
const USER_ATTRIBUTES = 0;

/** The body of a new token. */
function makeToken(guest: NtGuest, truth: TokenTruth, session: number): bigint {
  const { memory, objects, pool, types } = guest;
  const sids = [truth.user, ...truth.groups];
  const mask = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum | (1n << BigInt(number)), 0n);
  const table = pool.allocate('SeTk', sids.length * types.size('_SID_AND_ATTRIBUTES'), true);
  sids.forEach((sid, index) => {
    const bytes = sidBytes(sid);
    const at = pool.allocate('SeSi', bytes.length, true);
    memory.write(at, bytes);
    memory.set(table + BigInt(index * types.size('_SID_AND_ATTRIBUTES')), '_SID_AND_ATTRIBUTES', {
      Sid: at,
      Attributes: index === 0 ? USER_ATTRIBUTES : ENABLED_GROUP,
    });
  });
  return objects.make('Token', {
    values: {
      UserAndGroups: table,
      UserAndGroupCount: sids.length,
      SessionId: session,
      TokenType: 1,
      'Privileges.Present': mask(truth.privileges),
      'Privileges.Enabled': mask(truth.enabled),
      'Privileges.EnabledByDefault': mask(truth.enabled),
    },
  });
}

/** `S-1-5-18` as it is stored: revision, count, authority (big-endian), sub-authorities. */
function sidBytes(text: string): Buffer {
  const [, revision, authority, ...parts] = text.split('-');
  const bytes = Buffer.alloc(8 + parts.length * 4);
  bytes.writeUInt8(Number(revision), 0);
  bytes.writeUInt8(parts.length, 1);
  bytes.writeUIntBE(Number(authority), 2, 6);
  parts.forEach((part, index) => {
    bytes.writeUInt32LE(Number(part), 8 + index * 4);
  });
  return bytes;
}
