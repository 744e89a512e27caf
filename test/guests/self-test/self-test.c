// What a Linux guest can do from user space, test by test: one line `SELFTEST name ok` or `SELFTEST name FAILED why` each, then
// `SELFTEST-DONE failures`. Static, so that it needs nothing but the kernel. Argument: a kernel module to load and unload.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#pragma GCC optimize("O1")
#define CHECK(condition) do { if (!(condition)) { snprintf(why, sizeof why, "line %d: %s (errno %d)", __LINE__, #condition, errno); return 0; } } while (0)
static char why[200];
static char *module_path;
static const long page = 4096;

static int test_fork(void) {
  int pipes[2];
  CHECK(pipe(pipes) == 0);
  for (int i = 0; i < 20; i++) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) { int value = i * 3; _exit(write(pipes[1], &value, sizeof value) == sizeof value ? i : 255); }
    int status, value;
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == i);
    CHECK(read(pipes[0], &value, sizeof value) == sizeof value && value == i * 3);
  }
  close(pipes[0]); close(pipes[1]);
  return 1;
}

static int test_exec(void) {
  pid_t pid = vfork();
  if (pid == 0) { execl("/bin/busybox", "sh", "-c", "exit 42", (char *)0); _exit(1); }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 42);
  return 1;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int counter, turn;
static __thread int own;
static void *thread_body(void *argument) {
  int number = (int)(intptr_t)argument;
  own = number;
  for (int i = 0; i < 5000; i++) { pthread_mutex_lock(&mutex); counter++; pthread_mutex_unlock(&mutex); }
  pthread_mutex_lock(&mutex);
  while (turn != number) pthread_cond_wait(&condition, &mutex);
  turn++;
  pthread_cond_broadcast(&condition);
  pthread_mutex_unlock(&mutex);
  return (void *)(intptr_t)(own * 7);
}
static int test_threads(void) {
  pthread_t threads[8];
  for (int i = 7; i >= 0; i--) CHECK(pthread_create(&threads[i], 0, thread_body, (void *)(intptr_t)i) == 0);
  for (int i = 0; i < 8; i++) { void *result; CHECK(pthread_join(threads[i], &result) == 0 && result == (void *)(intptr_t)(i * 7)); }
  CHECK(counter == 40000 && turn == 8);
  return 1;
}

static volatile sig_atomic_t signals;
static void *volatile fault_address;
static volatile int fault_code;
static sigjmp_buf back;
static char *stack_low, *stack_high;
static volatile int on_other_stack;
static void count_signal(int number) { (void)number; signals++; }
static void catch_fault(int number, siginfo_t *info, void *context) {
  char here;
  (void)number; (void)context;
  fault_address = info->si_addr;
  fault_code = info->si_code;
  on_other_stack = &here > stack_low && &here < stack_high;
  siglongjmp(back, 1);
}
static int test_signals(void) {
  struct sigaction action = {.sa_handler = count_signal};
  CHECK(sigaction(SIGALRM, &action, 0) == 0 && sigaction(SIGUSR1, &action, 0) == 0);
  struct itimerval timer = {{0, 5000}, {0, 5000}};
  CHECK(setitimer(ITIMER_REAL, &timer, 0) == 0);
  while (signals < 5) pause();
  timer = (struct itimerval){{0, 0}, {0, 0}};
  CHECK(setitimer(ITIMER_REAL, &timer, 0) == 0);
  signals = 0;
  pid_t pid = fork(), parent = getppid();
  if (pid == 0) { (void)parent; for (int i = 0; i < 10; i++) { kill(getppid(), SIGUSR1); usleep(3000); } _exit(0); }
  int status;
  while (waitpid(pid, &status, 0) < 0) CHECK(errno == EINTR);
  CHECK(signals == 10);
  return 1;
}

static int test_faults(void) {
  stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
  stack_low = stack.ss_sp; stack_high = stack_low + stack.ss_size;
  CHECK(sigaltstack(&stack, 0) == 0);
  struct sigaction action = {.sa_sigaction = catch_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  for (const int *number = (int[]){SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGBUS, 0}; *number; number++) CHECK(sigaction(*number, &action, 0) == 0);
  char *memory = mmap(0, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (sigsetjmp(back, 1) == 0) { *(volatile char *)(memory + 17) = 1; CHECK(!"written"); }
  CHECK(fault_address == memory + 17 && fault_code == SEGV_ACCERR && on_other_stack);
  munmap(memory, page);
  if (sigsetjmp(back, 1) == 0) { (void)*(volatile char *)(memory + 5); CHECK(!"read"); }
  CHECK(fault_address == memory + 5 && fault_code == SEGV_MAPERR);
  volatile int zero = 0;
  if (sigsetjmp(back, 1) == 0) { zero = 5 / zero; CHECK(!"divided"); }
  CHECK(fault_code == FPE_INTDIV);
  if (sigsetjmp(back, 1) == 0) { __asm__ volatile("ud2"); CHECK(!"executed"); }
  CHECK(fault_code == ILL_ILLOPN);
  if (sigsetjmp(back, 1) == 0) { __asm__ volatile("int3"); CHECK(!"trapped"); }
  if (sigsetjmp(back, 1) == 0) { __asm__ volatile("hlt"); CHECK(!"halted"); }
  CHECK(fault_code == SI_KERNEL);
  return 1;
}

static int test_mmap(void) {
  int file = open("/tmp/mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
  CHECK(file >= 0 && ftruncate(file, 16 * page) == 0);
  int *shared = mmap(0, 16 * page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  int *own_copy = mmap(0, 64 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED && own_copy != MAP_FAILED);
  for (int i = 0; i < 64; i++) own_copy[i * page / 4] = i;
  pid_t pid = fork();
  if (pid == 0) {
    for (int i = 0; i < 16; i++) shared[i * page / 4] = 1000 + i;
    for (int i = 0; i < 64; i++) own_copy[i * page / 4] = -1;
    _exit(0);
  }
  CHECK(waitpid(pid, 0, 0) == pid);
  for (int i = 0; i < 16; i++) CHECK(shared[i * page / 4] == 1000 + i);
  for (int i = 0; i < 64; i++) CHECK(own_copy[i * page / 4] == i);
  int value;
  CHECK(pread(file, &value, 4, 7 * page) == 4 && value == 1007);
  int *grown = mremap(own_copy, 64 * page, 512 * page, MREMAP_MAYMOVE);
  CHECK(grown != MAP_FAILED && grown[63 * page / 4] == 63 && grown[511 * page / 4] == 0);
  CHECK(madvise(grown, 32 * page, MADV_DONTNEED) == 0 && grown[5 * page / 4] == 0 && grown[40 * page / 4] == 40);
  CHECK(mprotect(grown, page, PROT_NONE) == 0 && munmap(grown, 512 * page) == 0 && munmap(shared, 16 * page) == 0);
  close(file);
  return 1;
}

static int test_code(void) {
  unsigned char *code = mmap(0, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(code != MAP_FAILED);
  for (int i = 0; i < 3000; i++) {
    memcpy(code, (unsigned char[]){0xb8, i & 255, i >> 8, 0, 0, 0xc3}, 6);  // mov eax, i; ret
    CHECK(((int (*)(void))code)() == i);
  }
  return munmap(code, page) == 0;
}

static double series(int seed, int rounds) {
  double sum = 0;
  for (int i = 1; i <= rounds; i++) sum += sin(i * 0.001 * seed) / i;
  return sum;
}
static int test_floating_point(void) {
  volatile double one = 1, three = 3, zero = 0;
  volatile long double long_one = 1, long_three = 3;
  // Through memory: x87 registers hold more than a double.
  volatile double third = one / three, back_again = long_one / long_three * 3, root = sqrt(2.0 * one);
  CHECK(third == 0x1.5555555555555p-2 && back_again == 1.0 && root == 0x1.6a09e667f3bcdp+0);
  feclearexcept(FE_ALL_EXCEPT);
  volatile double infinite = one / zero;
  CHECK(isinf(infinite) && fetestexcept(FE_ALL_EXCEPT) == FE_DIVBYZERO);
  feclearexcept(FE_ALL_EXCEPT);
  volatile double none = zero / zero;
  CHECK(none != none && (fetestexcept(FE_ALL_EXCEPT) & FE_INVALID));
  fesetround(FE_UPWARD);
  volatile double up = one / three;
  fesetround(FE_TONEAREST);
  CHECK(up == 0x1.5555555555556p-2);
  CHECK(fabs(exp(one) - 2.718281828459045) < 1e-15 && fabs(atan2(one, one) - 0.7853981633974483) < 1e-15);
  // Registers survive being scheduled among others that compute.
  double expected[4];
  for (int i = 0; i < 4; i++) expected[i] = series(i + 1, 20000);
  pid_t pids[4];
  for (int i = 0; i < 4; i++) if ((pids[i] = fork()) == 0) { for (int n = 0; n < 5; n++) { if (series(i + 1, 20000) != expected[i]) _exit(1); sched_yield(); } _exit(0); }
  for (int i = 0; i < 4; i++) { int status; CHECK(waitpid(pids[i], &status, 0) == pids[i] && status == 0); }
  return 1;
}

static int64_t nanoseconds(const struct timespec *t) { return t->tv_sec * 1000000000LL + t->tv_nsec; }
static int test_time(void) {
  CHECK(getauxval(AT_SYSINFO_EHDR) != 0 && memcmp((void *)getauxval(AT_SYSINFO_EHDR), "\177ELF", 4) == 0);
  struct timespec by_vdso, by_call, after;
  int64_t last = 0;
  for (int i = 0; i < 2000; i++) {
    CHECK(clock_gettime(CLOCK_MONOTONIC, &by_vdso) == 0 && nanoseconds(&by_vdso) >= last);
    last = nanoseconds(&by_vdso);
  }
  CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &by_call) == 0);
  CHECK(nanoseconds(&by_call) >= last && nanoseconds(&by_call) - last < 50000000);
  struct timespec pause_time = {0, 30000000};
  CHECK(nanosleep(&pause_time, 0) == 0 && clock_gettime(CLOCK_MONOTONIC, &after) == 0);
  CHECK(nanoseconds(&after) - nanoseconds(&by_call) >= 30000000 && nanoseconds(&after) - nanoseconds(&by_call) < 500000000);
  CHECK(time(0) > 1000000000);
  return 1;
}

static int loaded(const char *name) {
  char line[256];
  int found = 0;
  FILE *file = fopen("/proc/modules", "r");
  while (file && fgets(line, sizeof line, file)) found |= strncmp(line, name, strlen(name)) == 0;
  if (file) fclose(file);
  return found;
}
static int test_module(void) {
  if (!module_path) return 1;
  for (int i = 0; i < 3; i++) {
    int file = open(module_path, O_RDONLY);
    CHECK(file >= 0 && syscall(SYS_finit_module, file, "", 0) == 0);
    close(file);
    CHECK(loaded("dummy "));
    CHECK(syscall(SYS_delete_module, "dummy", O_NONBLOCK) == 0 && !loaded("dummy "));
  }
  return 1;
}

static int test_poll(void) {
  int event = eventfd(0, 0), epoll = epoll_create1(0), ends[2];
  CHECK(event >= 0 && epoll >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  struct epoll_event wanted = {.events = EPOLLIN, .data.fd = ends[0]}, got;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &wanted) == 0);
  wanted.data.fd = event;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted) == 0);
  CHECK(epoll_wait(epoll, &got, 1, 0) == 0);
  CHECK(write(ends[1], "x", 1) == 1 && epoll_wait(epoll, &got, 1, 1000) == 1 && got.data.fd == ends[0]);
  char byte;
  CHECK(read(ends[0], &byte, 1) == 1 && byte == 'x');
  uint64_t value = 5;
  CHECK(write(event, &value, 8) == 8 && epoll_wait(epoll, &got, 1, 1000) == 1 && got.data.fd == event);
  close(event); close(epoll); close(ends[0]); close(ends[1]);
  return 1;
}

static int test_trace(void) {
  pid_t pid = fork();
  if (pid == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    for (volatile int i = 0; i < 1000; i++) {}
    _exit(7);
  }
  int status, steps = 0;
  CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
  while (steps < 500) {
    CHECK(ptrace(PTRACE_SINGLESTEP, pid, 0, 0) == 0 && waitpid(pid, &status, 0) == pid);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    steps++;
  }
  CHECK(ptrace(PTRACE_CONT, pid, 0, 0) == 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7);
  return 1;
}

static volatile int watched;
static int test_watchpoint(void) {
  pid_t pid = fork();
  if (pid == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    for (int i = 0; i < 100; i++) if (i == 50) watched = 9;
    _exit(watched);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
  CHECK(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[0]), &watched) == 0);
  CHECK(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]), (void *)0xd0001L) == 0);  // 4 bytes, writes
  CHECK(ptrace(PTRACE_CONT, pid, 0, 0) == 0 && waitpid(pid, &status, 0) == pid);
  CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
  errno = 0;
  CHECK((int)ptrace(PTRACE_PEEKDATA, pid, &watched, 0) == 9 && errno == 0);
  CHECK((ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg[6]), 0) & 1) == 1);
  CHECK(ptrace(PTRACE_CONT, pid, 0, 0) == 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 9);
  return 1;
}

static int test_compatibility_call(void) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "0"(20L) : "memory"
#ifdef __x86_64__
                   , "r8", "r9", "r10", "r11"
#endif
  );
  CHECK(result == getpid());
  return 1;
}

static const struct { const char *name; int (*run)(void); } tests[] = {
  {"fork", test_fork}, {"exec", test_exec}, {"threads", test_threads}, {"signals", test_signals}, {"faults", test_faults},
  {"mmap", test_mmap}, {"written-code", test_code}, {"floating-point", test_floating_point}, {"vdso-time", test_time},
  {"module", test_module}, {"poll", test_poll}, {"single-step", test_trace}, {"watchpoint", test_watchpoint}, {"int80", test_compatibility_call},
};

int main(int count, char **arguments) {
  int failures = 0;
  if (count > 1) module_path = arguments[1];
  for (unsigned i = 0; i < sizeof tests / sizeof *tests; i++) {
    int good = tests[i].run();
    failures += !good;
    printf(good ? "SELFTEST %s ok\n" : "SELFTEST %s FAILED %s\n", tests[i].name, why);
    fflush(stdout);
  }
  printf("SELFTEST-DONE %d\n", failures);
  return failures;
}
