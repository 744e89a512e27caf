/**
 * A tiny program for the demonstration guest: it maps memory that is writable and executable, puts code into it, calls it
 * and sleeps for ever. What `malfind` is there to find, and snapshots are taken at when written code runs.
 */

/** Machine code for amd64 Linux; system-call numbers from asm/unistd_64.h, flags from asm-generic/mman-common.h. */
const CODE_64 = [
  [0xb8, 0x09, 0x00, 0x00, 0x00], // mov eax, 9 (mmap)
  [0x31, 0xff], // xor edi, edi: anywhere
  [0xbe, 0x00, 0x40, 0x00, 0x00], // mov esi, 0x4000: four pages
  [0xba, 0x07, 0x00, 0x00, 0x00], // mov edx, 7: read, write, execute
  [0x41, 0xba, 0x22, 0x00, 0x00, 0x00], // mov r10d, 0x22: private, anonymous
  [0x49, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff], // mov r8, -1: no file
  [0x45, 0x31, 0xc9], // xor r9d, r9d
  [0x0f, 0x05], // syscall
  [0xc7, 0x00, 0x90, 0x90, 0x90, 0xc3], // mov dword [rax], nop nop nop ret
  [0xff, 0xd0], // call rax
  [0xb8, 0x22, 0x00, 0x00, 0x00], // mov eax, 34 (pause)
  [0x0f, 0x05], // syscall
  [0xeb, 0xf7], // jmp back to the pause
].flat();

/** The same for i386; numbers from asm/unistd_32.h (mmap2 192, pause 29). */
const CODE_32 = [
  [0xb8, 0xc0, 0x00, 0x00, 0x00], // mov eax, 192 (mmap2)
  [0x31, 0xdb], // xor ebx, ebx
  [0xb9, 0x00, 0x40, 0x00, 0x00], // mov ecx, 0x4000
  [0xba, 0x07, 0x00, 0x00, 0x00], // mov edx, 7
  [0xbe, 0x22, 0x00, 0x00, 0x00], // mov esi, 0x22
  [0xbf, 0xff, 0xff, 0xff, 0xff], // mov edi, -1
  [0x31, 0xed], // xor ebp, ebp
  [0xcd, 0x80], // int 0x80
  [0xc7, 0x00, 0x90, 0x90, 0x90, 0xc3], // mov dword [eax], nop nop nop ret
  [0xff, 0xd0], // call eax
  [0xb8, 0x1d, 0x00, 0x00, 0x00], // mov eax, 29 (pause)
  [0xcd, 0x80], // int 0x80
  [0xeb, 0xf7], // jmp back to the pause
].flat();

const BASE = 0x40_0000;

/** The program for the demonstration guest. */
export function anonymousCodeProgram(architecture: 'amd64' | 'i386'): Uint8Array {
  return staticProgram(architecture, architecture === 'amd64' ? CODE_64 : CODE_32);
}

/** Machine code as a static ELF file with one segment. Layouts: System V ABI, ELF header and program header. */
export function staticProgram(architecture: 'amd64' | 'i386', code: readonly number[]): Uint8Array {
  return architecture === 'amd64' ? elf64(code) : elf32(code);
}

function elf64(code: readonly number[]): Uint8Array {
  const header = 64 + 56;
  const file = Buffer.alloc(header + code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16); // e_type: executable
  file.writeUInt16LE(62, 18); // e_machine: x86-64
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(BASE + header), 24); // e_entry
  file.writeBigUInt64LE(64n, 32); // e_phoff
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, 64); // p_type: load
  file.writeUInt32LE(5, 68); // p_flags: read, execute
  file.writeBigUInt64LE(BigInt(BASE), 80);
  file.writeBigUInt64LE(BigInt(BASE), 88);
  file.writeBigUInt64LE(BigInt(file.length), 96);
  file.writeBigUInt64LE(BigInt(file.length), 104);
  file.writeBigUInt64LE(0x1000n, 112);
  file.set(code, header);
  return file;
}

function elf32(code: readonly number[]): Uint8Array {
  const header = 52 + 32;
  const file = Buffer.alloc(header + code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(3, 18); // e_machine: 80386
  file.writeUInt32LE(1, 20);
  file.writeUInt32LE(BASE + header, 24);
  file.writeUInt32LE(52, 28);
  file.writeUInt16LE(52, 40);
  file.writeUInt16LE(32, 42);
  file.writeUInt16LE(1, 44);
  file.writeUInt32LE(1, 52);
  file.writeUInt32LE(BASE, 60);
  file.writeUInt32LE(BASE, 64);
  file.writeUInt32LE(file.length, 68);
  file.writeUInt32LE(file.length, 72);
  file.writeUInt32LE(5, 76);
  file.writeUInt32LE(0x1000, 80);
  file.set(code, header);
  return file;
}
