/**
 * Types of the kernel's global variables that BTF and kallsyms leave untyped, for the symbol files that are written:
 * Volatility 3 reads these variables by the type in the file.
 *
 * Source: their declarations, from the file named beside each (unchanged from 4.x to 6.12).
 */
export const GLOBAL_TYPES: Readonly<
  Record<string, { readonly struct?: string; readonly pointerTo?: string; readonly integer?: string }>
> = {
  init_task: { struct: 'task_struct' }, // init/init_task.c
  init_mm: { struct: 'mm_struct' }, // mm/init-mm.c
  init_pid_ns: { struct: 'pid_namespace' }, // kernel/pid.c
  init_net: { struct: 'net' }, // net/core/net_namespace.c
  modules: { struct: 'list_head' }, // kernel/module/main.c
  module_kset: { pointerTo: 'kset' }, // kernel/params.c
  tty_drivers: { struct: 'list_head' }, // drivers/tty/tty_io.c
  net_namespace_list: { struct: 'list_head' }, // net/core/net_namespace.c
  keyboard_notifier_list: { struct: 'atomic_notifier_head' }, // drivers/tty/vt/keyboard.c
  prb: { pointerTo: 'printk_ringbuffer' }, // kernel/printk/printk.c
  prog_idr: { struct: 'idr' }, // kernel/bpf/syscall.c
  socket_file_ops: { struct: 'file_operations' }, // net/socket.c
  sockfs_dentry_operations: { struct: 'dentry_operations' }, // net/socket.c
  iomem_resource: { struct: 'resource' }, // kernel/resource.c
  vmemmap_base: { integer: 'long unsigned int' }, // arch/x86/kernel/head64.c
  page_offset_base: { integer: 'long unsigned int' },
  phys_base: { integer: 'long unsigned int' }, // arch/x86/kernel/head_64.S
};
