/** What the host remembers between runs, as this room sees it: bytes under keys, which may be gone at any time. */
export interface Blobs {
  /** False when nothing is remembered at all. */
  readonly isOn: boolean;
  get(key: string): Uint8Array | undefined;
  put(key: string, blob: Uint8Array): void;
}
