/**
 * The LiME format, version 1: each range of memory is a header followed by its bytes.
 * Source: LiME's doc/README.md, section "LiME Memory Range Header Version 1 Specification".
 */
import { struct, u32, u64n } from '../struct-layout.js';

/** "EMiL" in the file. */
export const LIME_MAGIC = 0x4c694d45;
export const LIME_VERSION = 1;

export const limeHeader = struct({
  magic: u32,
  version: u32,
  /** First physical address of the range. */
  start: u64n,
  /** Its last address (inclusive). */
  last: u64n,
  reserved: u64n,
});
