/**
 * Guest-physical pages as the processor sees them: plain RAM or device, dirty since the last mark, and whether decoded
 * or translated code depends on them.
 */

/** A range of guest-physical addresses inside RAM that belongs to devices (the VGA window, ROM shadows). */
export interface DeviceWindow {
  readonly start: number;
  /** First address behind it. */
  readonly end: number;
}

export class PhysicalPages {
  readonly count: number;
  /** 1: written since the last `clearDirty`. */
  readonly dirty: Uint8Array;
  /** 1: code was made from this page, writes must be noticed. */
  readonly code: Uint8Array;
  private readonly device: Uint8Array;

  constructor(ramBytes: number, windows: readonly DeviceWindow[]) {
    this.count = Math.ceil(ramBytes / 4096);
    this.dirty = new Uint8Array(this.count);
    this.code = new Uint8Array(this.count);
    this.device = new Uint8Array(this.count);
    for (const { start, end } of windows) this.device.fill(1, start >>> 12, Math.ceil(end / 4096));
  }

  /** Pages whose writes must be noticed even when no code is made from them any more; set by events/. */
  kept: Uint8Array | undefined;

  /** No code depends on the page any more. */
  releaseCode(frame: number): void {
    if (this.kept === undefined || this.kept[frame] === 0) this.code[frame] = 0;
  }

  isRam(frame: number): boolean {
    return frame < this.count && this.device[frame] === 0;
  }
}
