/*
 * A TCG plugin that writes what a guest does from the instruction at `entry` on to QEMU's log: 'I address bytes' before an
 * instruction, 'R' or 'W' with address, bytes and physical address for each access. Exceptions come into the same log by
 * '-d int'. The interface is declared here, as QEMU's "TCG Plugins" manual describes it: Debian ships no header.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
typedef uint32_t memory_info;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
enum { NO_REGISTERS = 0, READS_AND_WRITES = 3, INTERFACE_VERSION = 1 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const uint8_t *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int, void *);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, void (*)(unsigned, memory_info, uint64_t, void *), int,
                                      int, void *);
unsigned qemu_plugin_mem_size_shift(memory_info);
bool qemu_plugin_mem_is_store(memory_info);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(memory_info, uint64_t);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *);
void qemu_plugin_outs(const char *);

int qemu_plugin_version = INTERFACE_VERSION;

static uint64_t entry;
static bool begun;

struct place {
  uint64_t address;
  char text[40];
};

static void executed(unsigned cpu, void *data) {
  struct place *place = data;
  (void)cpu;
  if (place->address == entry) begun = true;
  if (begun) qemu_plugin_outs(place->text);
}

static void accessed(unsigned cpu, memory_info info, uint64_t address, void *data) {
  char line[80];
  (void)cpu, (void)data;
  if (!begun) return;
  struct qemu_plugin_hwaddr *hardware = qemu_plugin_get_hwaddr(info, address);
  snprintf(line, sizeof line, "%c %llx %u %llx\n", qemu_plugin_mem_is_store(info) ? 'W' : 'R',
           (unsigned long long)address, 1U << qemu_plugin_mem_size_shift(info),
           (unsigned long long)(hardware == NULL ? 0 : qemu_plugin_hwaddr_phys_addr(hardware)));
  qemu_plugin_outs(line);
}

static void translated(plugin_id id, struct qemu_plugin_tb *block) {
  (void)id;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
    struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
    struct place *place = malloc(sizeof *place);
    place->address = qemu_plugin_insn_vaddr(instruction);
    snprintf(place->text, sizeof place->text, "I %llx %zu\n", (unsigned long long)place->address,
             qemu_plugin_insn_size(instruction));
    qemu_plugin_register_vcpu_insn_exec_cb(instruction, executed, NO_REGISTERS, place);
    qemu_plugin_register_vcpu_mem_cb(instruction, accessed, NO_REGISTERS, READS_AND_WRITES, NULL);
  }
}

int qemu_plugin_install(plugin_id id, const void *info, int count, char **arguments) {
  (void)info;
  for (int i = 0; i < count; i++)
    if (strncmp(arguments[i], "entry=", 6) == 0) entry = strtoull(arguments[i] + 6, NULL, 0);
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  return 0;
}
