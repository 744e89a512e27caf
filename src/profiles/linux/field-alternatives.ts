/**
 * Members of kernel structures that were renamed or moved, as data: a structure and the names of one member in it, newest
 * first, each with the kernel version that brought it (`name@version`; none for as far back as this project goes, 4.0).
 *
 * A row says that all of its paths hold the same value in the same form, so that whoever asks for one can be given
 * another. Where form or meaning changed (a list became a tree), there is no row: the reader has to ask `has`. To add a
 * row, put it with its header file; `resolve-field.ts` does the rest. A step through an array takes its first element.
 *
 * Source: the structures' definitions in the named files of Linux, at the versions named.
 */
import type { FieldNames } from '../resolve-field.js';

export const FIELD_ALTERNATIVES: readonly FieldNames[] = [
  // include/linux/sched.h
  ['task_struct', '__state@5.14', 'state'],
  ['task_struct', 'start_boottime@5.5', 'real_start_time'],
  ['task_struct', 'usage.refs.counter@4.20', 'usage.counter'],
  ['task_struct', 'thread_pid@4.19', 'pids.pid'],
  ['task_struct', 'worker_private@5.17', 'set_child_tid'],
  ['task_struct', 'thread_info.cpu@5.16', 'cpu@4.9'],
  ['task_struct', 'stack_refcount.refs.counter@4.20', 'stack_refcount.counter@4.9'],
  ['task_struct', 'cpus_mask@5.3', 'cpus_allowed'],
  // include/linux/sched/signal.h
  ['signal_struct', 'sigcnt.refs.counter@4.20', 'sigcnt.counter'],
  ['sighand_struct', 'count.refs.counter@4.20', 'count.counter'],
  // arch/x86/include/asm/processor.h
  ['thread_struct', 'fsbase@4.7', 'fs'],
  ['thread_struct', 'gsbase@4.7', 'gs'],
  // include/linux/capability.h: one 64-bit mask; before, two 32-bit words, which are the same bytes on x86
  ['kernel_cap_t', 'val@6.3', 'cap'],
  ['kernel_cap_struct', 'val@6.3', 'cap'],
  // include/linux/pid.h
  ['pid', 'count.refs.counter@5.3', 'count.counter'],
  // include/linux/key.h
  ['key', 'usage.refs.counter@4.12', 'usage.counter'],
  // include/linux/mm_types.h
  ['mm_struct', 'mmap_lock@5.8', 'mmap_sem'],
  ['mm_struct', 'pinned_vm.counter@5.2', 'pinned_vm'],
  ['page', '_refcount.counter@4.6', '_count.counter'],
  // include/linux/fs.h
  ['file', 'f_ref.refcnt.counter@6.13', 'f_count.counter'],
  ['inode', 'i_atime_sec@6.11', '__i_atime.tv_sec@6.7', 'i_atime.tv_sec'],
  ['inode', 'i_atime_nsec@6.11', '__i_atime.tv_nsec@6.7', 'i_atime.tv_nsec'],
  ['inode', 'i_mtime_sec@6.11', '__i_mtime.tv_sec@6.7', 'i_mtime.tv_sec'],
  ['inode', 'i_mtime_nsec@6.11', '__i_mtime.tv_nsec@6.7', 'i_mtime.tv_nsec'],
  ['inode', 'i_ctime_sec@6.11', '__i_ctime.tv_sec@6.6', 'i_ctime.tv_sec'],
  ['inode', 'i_ctime_nsec@6.11', '__i_ctime.tv_nsec@6.6', 'i_ctime.tv_nsec'],
  ['address_space', 'i_pages@4.17', 'page_tree'],
  // include/linux/xarray.h, include/linux/radix-tree.h
  ['xarray', 'xa_head@4.20', 'rnode'],
  ['radix_tree_root', 'xa_head@4.20', 'rnode'],
  // include/linux/dcache.h
  ['dentry', 'd_shortname.string@6.14', 'd_iname'],
  // fs/mount.h
  ['mnt_namespace', 'nr_mounts@6.8', 'mounts@4.9'],
  // include/linux/kernfs.h
  ['kernfs_node', '__parent@6.15', 'parent'],
  ['kernfs_node', 'id@5.5', 'id.id@4.14', 'ino'],
  // include/linux/module.h: text is the first element of mem[]
  ['module', 'mem.base@6.4', 'core_layout.base@4.5', 'module_core'],
  ['module', 'mem.size@6.4', 'core_layout.text_size@4.5', 'core_text_size'],
  // kernel/module/sysfs.c
  ['module_sect_attr', 'battr.attr.name@5.8', 'name', 'mattr.attr.name'],
  // include/net/sock.h
  ['sock', 'sk_wmem_alloc.refs.counter@4.13', 'sk_wmem_alloc.counter'],
  ['sock', '__sk_common.skc_refcnt.refs.counter@4.13', '__sk_common.skc_refcnt.counter'],
  // include/net/net_namespace.h
  ['net', 'ns.count.refs.counter@5.11', 'count.refs.counter@4.13', 'count.counter'],
  // include/linux/timekeeper_internal.h
  ['timekeeper', 'tkr_mono.xtime_nsec@4.1', 'tkr.xtime_nsec'],
  ['timekeeper', 'tkr_mono.shift@4.1', 'tkr.shift'],
  // include/linux/tty_driver.h
  ['tty_driver', 'kref.refcount.refs.counter@4.13', 'kref.refcount.counter'],
  // include/linux/fsnotify_backend.h
  ['fsnotify_mark', 'refcnt.refs.counter@4.15', 'refcnt.counter'],
  // include/linux/pipe_fs_i.h
  ['pipe_inode_info', 'ring_size@5.5', 'buffers'],
];
