/**
 * What an open file is about, beyond its name: the state of event files, the ends of sockets, the numbers of devices.
 *
 * One rule a kind (`fileKind`); a kind without a rule, or whose structures the profile does not know, has no details.
 * Source: the fdinfo printers of fs/{eventfd,eventpoll,timerfd,signalfd,pidfs}.c, fs/notify/fdinfo.c, kernel/fork.c.
 */
import { u64 } from '../../core/bytes.js';
import type { StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import { listEntries, rbTreeEntries } from './lists.js';
import { deviceText } from './open-flags.js';
import { describeSocket } from './sockets/describe-socket.js';
import type { SocketFacts } from './sockets/socket-facts.js';
import { sockOf } from './sockets/socket-owners.js';

interface Rule {
  /** The structure that must be known. */
  readonly needs: string;
  details(kernel: LinuxKernel, file: StructView, inode: StructView): string | undefined;
}

const device: Rule = {
  needs: 'inode',
  details: (_kernel, _file, inode) => {
    const number = inode.num('i_rdev');
    return number === undefined ? undefined : `device ${deviceText(number)}`;
  },
};

const RULES: Readonly<Record<string, Rule>> = {
  socket: {
    needs: 'sock',
    details: (kernel, file) => {
      const sock = sockOf(file);
      return sock && socketText(describeSocket(kernel, sock));
    },
  },
  'char device': device,
  'block device': device,
  eventfd: {
    needs: 'eventfd_ctx',
    details: (_kernel, file) => `count ${file.follow('private_data', 'eventfd_ctx')?.big('count') ?? '?'}`,
  },
  eventpoll: { needs: 'epitem', details: watchedFiles },
  timerfd: {
    needs: 'timerfd_ctx',
    details: (_kernel, file) => {
      const timer = file.follow('private_data', 'timerfd_ctx');
      return `clock ${timer?.num('clockid') ?? '?'}, ticks ${timer?.big('ticks') ?? '?'}`;
    },
  },
  signalfd: {
    needs: 'signalfd_ctx',
    details: (_kernel, file) => {
      // The context holds the signals that are NOT waited for. A sigset_t has 64 bits on either word size.
      const blocked = file.follow('private_data', 'signalfd_ctx')?.bytes('sigmask', 8);
      return blocked && `signals 0x${BigInt.asUintN(64, ~u64(blocked, 0)).toString(16)}`;
    },
  },
  inotify: { needs: 'inotify_inode_mark', details: watchedInodes },
  pidfd: { needs: 'pid', details: pidOf },
};

/** One line on an open file of kind `kind`; undefined when there is nothing more to say. */
export function fileDetails(
  kernel: LinuxKernel,
  kind: string | undefined,
  file: StructView,
  inode: StructView | undefined,
): string | undefined {
  const rule = kind === undefined ? undefined : RULES[kind];
  if (rule === undefined || inode === undefined || kernel.profile.types.struct(rule.needs) === undefined) {
    return undefined;
  }
  return rule.details(kernel, file, inode);
}

/** `tcp 127.0.0.1:7777 -> 127.0.0.1:46294 ESTABLISHED`. */
export function socketText({ protocol, local, remote, state, details }: SocketFacts): string {
  const end = (at: SocketFacts['local']) => {
    if (at?.address === undefined && at?.port === undefined) return undefined;
    const address = at.address?.includes(':') ? `[${at.address}]` : (at.address ?? '');
    return at.port === undefined ? address : `${address}:${at.port}`;
  };
  const connected = remote?.port !== undefined && remote.port !== 0;
  const to = connected || (remote?.port === undefined && remote?.address !== undefined) ? end(remote) : undefined;
  return [protocol, end(local), to && `-> ${to}`, state, details].filter((part) => part !== undefined).join(' ');
}

/** IN_ALL_EVENTS (include/uapi/linux/inotify.h): the kernel's own bits in a mark's mask are not shown. */
const USER_EVENTS = 0xfff;

/** No honest epoll or inotify instance is shown in full beyond this. */
const MAX_WATCHES = 256;

function watchedFiles(kernel: LinuxKernel, file: StructView): string | undefined {
  const poll = file.follow('private_data', 'eventpoll');
  if (poll === undefined) return undefined;
  const watches: string[] = [];
  for (const item of rbTreeEntries(kernel, poll.addressOf('rbr'), 'epitem', 'rbn')) {
    if (watches.length === MAX_WATCHES) break;
    watches.push(`${item.num('ffd.fd') ?? '?'} (events 0x${item.num('event.events')?.toString(16) ?? '?'})`);
  }
  return `watches fd ${watches.join(', ')}`;
}

function watchedInodes(kernel: LinuxKernel, file: StructView): string | undefined {
  const group = file.follow('private_data', 'fsnotify_group');
  if (group === undefined) return undefined;
  const watches: string[] = [];
  for (const mark of listEntries(kernel, group.addressOf('marks_list'), 'fsnotify_mark', 'g_list')) {
    if (watches.length === MAX_WATCHES) break;
    const wd = mark.containedIn('inotify_inode_mark', 'fsn_mark').num('wd');
    const inode = markedInode(mark);
    const where =
      inode && `inode ${inode.big('i_ino') ?? '?'} on ${deviceText(inode.follow('i_sb')?.num('s_dev') ?? 0)}`;
    watches.push(`${wd ?? '?'} (${where ?? 'gone'}, mask 0x${((mark.num('mask') ?? 0) & USER_EVENTS).toString(16)})`);
  }
  return `watches ${watches.join(', ')}`;
}

/**
 * The inode that a mark is on. The connector leads to it directly until 4.17 (`inode`) and since 6.10 (`obj`, a void *);
 * between them `obj` leads to the inode's own pointer to the connector.
 */
function markedInode(mark: StructView): StructView | undefined {
  const connector = mark.has('connector') ? mark.follow('connector') : undefined;
  if (connector === undefined) return mark.has('inode') ? mark.follow('inode', 'inode') : undefined;
  if (!connector.has('obj')) return connector.has('inode') ? connector.follow('inode', 'inode') : undefined;
  const { type } = connector.field('obj');
  if (type.kind === 'pointer' && type.target.kind === 'void') return connector.follow('obj', 'inode');
  return connector.follow('obj', 'inode')?.containedIn('inode', 'i_fsnotify_marks');
}

/** The process of a pidfd, in the namespace of the first process; on its own file system (6.9) the inode holds it. */
function pidOf(_kernel: LinuxKernel, file: StructView, inode: StructView): string | undefined {
  const kept = file.follow('private_data', 'pid') ?? inode.follow('i_private', 'pid');
  const number = kept?.at('numbers').num('nr');
  return number === undefined ? undefined : `pid ${number}`;
}
