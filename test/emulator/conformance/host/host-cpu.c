/*
 * Executes instruction bytes on this machine's own processor, so that an emulator can be judged by it.
 *
 * Reads case records from stdin, writes one result record each to stdout (layout: ../record.ts, which passes every
 * offset and address as -D). Each case runs between two signals: the handler of the trap that ended the previous case
 * stores its outcome, then edits the signal frame so that returning from the handler loads the next case's registers,
 * flags, x87/SSE image and code segment (64-bit or 32-bit compatibility mode) in one step. A case ends with the int3
 * behind its code or with whatever exception it raises; one that two ticks of the processor-time clock find running has
 * hung. It is not a sandbox: never give it a system call.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096
#define LEGACY_FX_BYTES 464 /* the rest of an FXSAVE image belongs to software; the kernel keeps its magic there */
#define USER32_CS 0x23
#define USER64_CS 0x33
#define USER_DS 0x2b
#define TICK_MICROSECONDS 10000
#define MAX_CPU_SECONDS 300 /* of all cases together; time that others had the processor does not count */

static const int GPR_ORDER[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                  REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static uint8_t *input, *output;
static size_t count;
static long current = -1;
static long at_last_tick = -1;

static uint8_t *case_at(long i) { return input + (size_t)i * CASE_BYTES; }
static uint8_t *result_at(long i) { return output + (size_t)i * RESULT_BYTES; }

static void store_outcome(ucontext_t *uc, uint8_t *result) {
  greg_t *g = uc->uc_mcontext.gregs;
  uint8_t *fx = (uint8_t *)uc->uc_mcontext.fpregs, *state = result + RESULT_STATE;
  uint32_t vector = (uint32_t)g[REG_TRAPNO], error = (uint32_t)g[REG_ERR];
  uint64_t address = vector == 14 ? (uint64_t)g[REG_CR2] : 0;
  memcpy(result, &vector, 4);
  memcpy(result + 4, &error, 4);
  memcpy(result + 8, &address, 8);
  for (int i = 0; i < 16; i++) memcpy(state + STATE_GPR + i * 8, &g[GPR_ORDER[i]], 8);
  memcpy(state + STATE_RIP, &g[REG_RIP], 8);
  memcpy(state + STATE_RFLAGS, &g[REG_EFL], 8);
  memcpy(state + STATE_FX, fx, LEGACY_FX_BYTES);
  memcpy(state + STATE_WINDOW, (void *)WINDOW_BASE, WINDOW_BYTES);
}

static void load_case(ucontext_t *uc, const uint8_t *test) {
  greg_t *g = uc->uc_mcontext.gregs;
  uint8_t *fx = (uint8_t *)uc->uc_mcontext.fpregs;
  const uint8_t *state = test + CASE_STATE;
  uint64_t rip;
  for (int i = 0; i < 16; i++) memcpy(&g[GPR_ORDER[i]], state + STATE_GPR + i * 8, 8);
  memcpy(&g[REG_EFL], state + STATE_RFLAGS, 8);
  memcpy(&rip, state + STATE_RIP, 8);
  g[REG_RIP] = (greg_t)rip;
  g[REG_CSGSFS] = (g[REG_CSGSFS] & ~0xffffLL & ~(0xffffLL << 48)) | (test[0] == 32 ? USER32_CS : USER64_CS) |
                  ((greg_t)USER_DS << 48);
  memcpy(fx, state + STATE_FX, 28); /* up to MXCSR; MXCSR_MASK behind it is the processor's */
  memcpy(fx + 32, state + STATE_FX + 32, LEGACY_FX_BYTES - 32);
  fx[512] |= 3; /* XSTATE_BV: x87 and SSE are not in their initial state */
  memcpy((void *)WINDOW_BASE, state + STATE_WINDOW, WINDOW_BYTES);
  memset((void *)CODE_BASE, 0xcc, PAGE);
  memcpy((void *)rip, test + CASE_CODE, test[1]);
}

static void on_signal(int signal, siginfo_t *info, void *context) {
  /* The kernel clears DF and TF for a handler, but leaves AC: an unaligned access here would trap. */
  __asm__ volatile("pushfq; andl $~0x40000, (%%rsp); popfq" ::: "memory", "cc");
  ucontext_t *uc = context;
  (void)info;
  if (signal == SIGVTALRM && at_last_tick != current) {
    at_last_tick = current;
    return;
  }
  if (current >= 0) {
    store_outcome(uc, result_at(current));
    if (signal == SIGVTALRM) {
      uint32_t hung = HUNG_VECTOR;
      memcpy(result_at(current), &hung, 4);
    }
  }
  if (++current == (long)count) {
    size_t total = count * RESULT_BYTES;
    for (size_t done = 0; done < total;) {
      ssize_t n = write(1, output + done, total - done);
      if (n <= 0) _exit(1);
      done += (size_t)n;
    }
    _exit(0);
  }
  load_case(uc, case_at(current));
}

static void *map_fixed(uintptr_t address, int protection) {
  void *page = mmap((void *)address, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (page != (void *)address) {
    perror("mmap");
    exit(1);
  }
  return page;
}

int main(void) {
  static uint8_t stack[1 << 16];
  size_t capacity = 1 << 20, length = 0;
  input = malloc(capacity);
  for (ssize_t n; (n = read(0, input + length, capacity - length)) > 0;) {
    length += (size_t)n;
    if (length == capacity) input = realloc(input, capacity *= 2);
  }
  if (length % CASE_BYTES != 0) return fprintf(stderr, "the input is not a whole number of case records\n"), 2;
  count = length / CASE_BYTES;
  output = calloc(count + 1, RESULT_BYTES);
  map_fixed(CODE_BASE, PROT_READ | PROT_WRITE | PROT_EXEC);
  map_fixed(DATA_BASE, PROT_READ | PROT_WRITE);

  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternate, NULL);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigfillset(&action.sa_mask);
  const int caught[] = {SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGBUS, SIGVTALRM};
  for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) sigaction(caught[i], &action, NULL);

  struct itimerval tick = {{0, TICK_MICROSECONDS}, {0, TICK_MICROSECONDS}};
  setitimer(ITIMER_VIRTUAL, &tick, NULL);
  struct rlimit limit = {MAX_CPU_SECONDS, MAX_CPU_SECONDS};
  setrlimit(RLIMIT_CPU, &limit);

  /* A 64-bit process starts with null data segments, through which compatibility mode cannot reach memory. */
  __asm__ volatile("movl %0, %%eax; movl %%eax, %%ds; movl %%eax, %%es" ::"i"(USER_DS) : "eax");
  __asm__ volatile("int3");
  return 1;
}
