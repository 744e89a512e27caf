/**
 * What a synthetic NT guest is made from, and so what has to be found in it. A description only: no addresses, except
 * where a process has its memory. Times are UTC texts; NT keeps them in steps of 100 ns.
 */

import type { PeTruth } from './pe-writer.js';

export interface NtTruth {
  /** Processors. */
  readonly processors: number;
  readonly time: string;
  readonly systemRoot: string;
  readonly modules: readonly ModuleTruth[];
  /** Objects in the name space besides folders, which come as they are named: `\Device\Null`. */
  readonly objects: readonly ObjectTruth[];
  readonly processes: readonly NtProcessTruth[];
}

/** A kernel image. The kernel itself is the first. */
export interface ModuleTruth {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  /** A driver object of this name in `\Driver`, with a device for each name in `devices`. */
  readonly driver?: string;
  readonly devices?: readonly string[];
  /** Not on the list of loaded modules. */
  readonly hidden?: boolean;
  /** Where its writable data begins; up to there, or up to its end, it is code. */
  readonly dataAt?: number;
}

export interface ObjectTruth {
  readonly path: string;
  readonly type: 'Event' | 'Mutant' | 'Semaphore' | 'Section' | 'SymbolicLink' | 'Directory';
  /** Of symbolic links. */
  readonly target?: string;
}

export interface NtProcessTruth {
  readonly pid: number;
  readonly ppid: number;
  readonly name: string;
  /** `C:\Windows\System32\smss.exe`; none for the System process. */
  readonly image?: string;
  readonly commandLine?: string;
  readonly currentDirectory?: string;
  readonly environment?: readonly string[];
  readonly session?: number;
  readonly created: string;
  readonly exited?: string;
  /** Taken off the list of processes, as rootkits do. */
  readonly unlinked?: boolean;
  readonly threads: readonly NtThreadTruth[];
  /** User-mode images beside the program itself, which is the first. */
  readonly dlls?: readonly DllTruth[];
  readonly areas?: readonly NtAreaTruth[];
  readonly handles?: readonly HandleTruth[];
  /** Levels of the handle table; as few as the handles need when not said. */
  readonly handleLevels?: 1 | 2 | 3;
  readonly token?: TokenTruth;
}

export interface NtThreadTruth {
  readonly tid: number;
  readonly created: string;
  readonly state: 'running' | 'waiting' | 'terminated';
  /** A module and an offset in it (`ntoskrnl.exe+0x1000`), or an address. */
  readonly start: string;
  readonly win32Start?: string;
}

export interface DllTruth {
  readonly path: string;
  readonly base: bigint;
  readonly size: number;
  readonly loaded: string;
  /** Taken off the loader's lists, as injected code does. */
  readonly unlinked?: boolean;
  /** What is in the image beside its headers. */
  readonly inside?: Pick<PeTruth, 'exports' | 'directories' | 'contents'>;
}

export type Protection =
  | 'PAGE_NOACCESS'
  | 'PAGE_READONLY'
  | 'PAGE_EXECUTE_READ'
  | 'PAGE_READWRITE'
  | 'PAGE_WRITECOPY'
  | 'PAGE_EXECUTE_READWRITE'
  | 'PAGE_EXECUTE_WRITECOPY';

export interface NtAreaTruth {
  readonly start: bigint;
  /** In pages. */
  readonly pages: number;
  readonly protection: Protection;
  readonly kind: 'private' | 'mapped' | 'image';
  readonly file?: string;
  /** Text at its start. */
  readonly contents?: string;
}

export interface HandleTruth {
  readonly handle: number;
  readonly type: 'File' | 'Key' | 'Process' | 'Thread' | 'Token' | ObjectTruth['type'];
  /** Path of a file, key or named object, or the number of a process or thread; none for objects without a name. */
  readonly name?: string;
  readonly access: number;
}

export interface TokenTruth {
  readonly user: string;
  readonly groups: readonly string[];
  /** Numbers of privileges: present, and those of them that are enabled. */
  readonly privileges: readonly number[];
  readonly enabled: readonly number[];
}
