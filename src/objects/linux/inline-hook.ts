/**
 * Notices functions whose first instructions were overwritten with a jump out of the kernel.
 *
 * Looks at the entry only, past what compilers and ftrace put there (ENDBR64, the five-byte NOP or call). A hook deeper
 * in a function is not seen.
 */
import { i32, u64 } from '../../core/bytes.js';
import { readBytes } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import { inKernelImage, moduleAt } from './symbolize.js';

const ENTRY_BYTES = 32;

/** What may precede the first real instruction. Intel SDM volume 2: ENDBR64, NOP /0 (five bytes), CALL rel32. */
const PREFIXES: readonly (readonly number[])[] = [
  [0xf3, 0x0f, 0x1e, 0xfa],
  [0xf3, 0x0f, 0x1e, 0xfb],
  [0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x00],
];
const CALL_OR_JUMP_BYTES = 5;

/** Address that the function at `address` jumps to at once, outside of the kernel and its modules; else undefined. */
export function inlineHook(kernel: LinuxKernel, address: bigint): bigint | undefined {
  const code = readBytes(kernel, address, ENTRY_BYTES)?.slice();
  if (code === undefined) return undefined;
  let at = 0;
  for (;;) {
    const prefix = PREFIXES.find((bytes) => bytes.every((byte, index) => code[at + index] === byte));
    if (prefix === undefined) break;
    at += prefix.length;
  }
  const target = jumpTarget(kernel, code, at, address);
  if (target === undefined || inKernelImage(kernel, target) || moduleAt(kernel, target) !== undefined) return undefined;
  return target;
}

/** Where an unconditional transfer at `code[at]` leads; undefined when there is none. */
function jumpTarget(kernel: LinuxKernel, code: Uint8Array, at: number, address: bigint): bigint | undefined {
  const width = kernel.profile.pointerSize * 8;
  const relative = (bytes: number) => BigInt.asUintN(width, address + BigInt(at + bytes + i32(code, at + bytes - 4)));
  const [first, second] = [code[at], code[at + 1]];
  if (first === 0xe9 || first === 0xe8) return relative(CALL_OR_JUMP_BYTES);
  // push imm32; ret
  if (first === 0x68 && code[at + 5] === 0xc3) return BigInt.asUintN(width, BigInt(i32(code, at + 1)));
  // mov rax/r11, imm64; jmp rax/r11
  if (first === 0x48 && second === 0xb8 && code[at + 10] === 0xff && code[at + 11] === 0xe0) return u64(code, at + 2);
  if (first === 0x49 && second === 0xbb && code[at + 10] === 0x41 && code[at + 11] === 0xff) return u64(code, at + 2);
  // jmp [rip+disp32]
  if (first === 0xff && second === 0x25 && kernel.is64Bit) {
    const bytes = readBytes(kernel, relative(6), 8);
    return bytes && u64(bytes, 0);
  }
  return undefined;
}
