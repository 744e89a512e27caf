/** EFLAGS bits (SDM volume 1, 3.4.3). */
export const CF = 0x0001;
export const PF = 0x0004;
export const AF = 0x0010;
export const ZF = 0x0040;
export const SF = 0x0080;
export const TF = 0x0100;
export const IF = 0x0200;
export const DF = 0x0400;
export const OF = 0x0800;
export const IOPL = 0x3000;
export const NT = 0x4000;
export const RF = 0x1_0000;
export const VM = 0x2_0000;
export const AC = 0x4_0000;

/** The six status flags, kept lazily; see flag-kinds.ts. */
export const STATUS_FLAGS = CF | PF | AF | ZF | SF | OF;
