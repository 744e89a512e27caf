/**
 * A C program with every kind of type that kernels have, and what the compiler itself says about their layout: the
 * program prints its own sizes and offsets. Judge of the DWARF and BTF readers.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CompilerFacts {
  readonly sizes: Readonly<Record<string, number>>;
  /** `struct.member`: byte offset; for bit-fields the bits that are set when the member is all ones, as hexadecimal. */
  readonly offsets: Readonly<Record<string, number>>;
  readonly bits: Readonly<Record<string, string>>;
}

export const SOURCE = `
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <stdbool.h>
typedef struct { int counter; } atomic_t;
typedef atomic_t atomic_alias_t;
typedef uint64_t u64;
struct list_head { struct list_head *next, *prev; };
union word { unsigned int whole; unsigned char parts[4]; };
enum color { RED = -2, GREEN = 0, BLUE = 0x7fffffff };
enum wide { SMALL = 1, LARGE = 0x123456789abcdefULL };
typedef enum { PLAIN_ONE = 1, PLAIN_TWO } plain_t;
struct forward;
struct packed_bits { unsigned char lead; unsigned int a : 3; unsigned int b : 13; u64 c : 40; } __attribute__((packed));
struct everything {
  char name[16];
  volatile const unsigned long flags;
  bool ready;
  struct list_head list;
  int matrix[3][5];
  void (*callback)(struct everything *, int);
  struct forward *unknown;
  union word word;
  enum color color;
  enum wide wide;
  plain_t plain;
  atomic_t count;
  atomic_alias_t alias;
  struct { int inner_first; union { short inner_second; long inner_third; }; };
  struct { char deep; } named;
  unsigned int low : 3;
  signed int middle : 11;
  unsigned int high : 18;
  u64 far : 37;
  const char *text;
  double ratio;
  unsigned char tail[];
};
struct everything object;
struct packed_bits packed;
union word word_object;
#define SIZE(type, label) printf("size %s %zu\\n", label, sizeof(type))
#define OFFSET(member) printf("offset everything.%s %zu\\n", #member, offsetof(struct everything, member))
#define BITS(what, type, member) do { memset(&what, 0, sizeof what); what.member = ~0ULL; \\
  printf("bits " type "." #member " "); for (size_t i = sizeof what; i-- > 0;) printf("%02x", ((unsigned char *)&what)[i]); \\
  printf("\\n"); } while (0)
int main(void) {
  SIZE(struct everything, "everything"); SIZE(struct list_head, "list_head"); SIZE(union word, "word");
  SIZE(atomic_t, "atomic_t"); SIZE(struct packed_bits, "packed_bits");
  OFFSET(name); OFFSET(flags); OFFSET(ready); OFFSET(list); OFFSET(matrix); OFFSET(callback); OFFSET(unknown);
  OFFSET(word); OFFSET(color); OFFSET(wide); OFFSET(plain); OFFSET(count); OFFSET(alias); OFFSET(inner_first);
  OFFSET(inner_second); OFFSET(inner_third); OFFSET(named); OFFSET(text); OFFSET(ratio); OFFSET(tail);
  BITS(object, "everything", low); BITS(object, "everything", middle); BITS(object, "everything", high);
  BITS(object, "everything", far);
  BITS(packed, "packed_bits", a); BITS(packed, "packed_bits", b); BITS(packed, "packed_bits", c);
  return 0;
}
`;

/** Compiles and runs the program with these compiler options. Gives the executable's path to `use` and cleans up. */
export function withCompiled<Result>(
  options: readonly string[],
  use: (executable: string, facts: CompilerFacts) => Result,
): Result {
  const directory = mkdtempSync(join(tmpdir(), 'memlapse-types-'));
  try {
    const source = join(directory, 'types.c');
    const executable = join(directory, 'types');
    writeFileSync(source, SOURCE);
    execFileSync('gcc', ['-O0', '-no-pie', ...options, '-o', executable, source], { stdio: 'pipe' });
    return use(executable, parse(execFileSync(executable, { encoding: 'utf8' })));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Whether a C compiler that takes these options is there. */
export function canCompile(options: readonly string[] = []): boolean {
  try {
    withCompiled(options, (executable) => readFileSync(executable));
    return true;
  } catch {
    return false;
  }
}

function parse(output: string): CompilerFacts {
  const sizes: Record<string, number> = {};
  const offsets: Record<string, number> = {};
  const bits: Record<string, string> = {};
  for (const line of output.trim().split('\n')) {
    const [kind, name = '', value = ''] = line.split(' ');
    if (kind === 'size') sizes[name] = Number(value);
    else if (kind === 'offset') offsets[name] = Number(value);
    else bits[name] = value;
  }
  return { sizes, offsets, bits };
}
