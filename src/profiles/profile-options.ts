/** What the user says about where a kernel's types and symbols come from, for every system. */
export interface ProfileOptions {
  /** Symbol file (ISF) to use instead of what the image or the package says about the kernel's types. */
  readonly profilePath?: string | undefined;
  /** Use and fill the cache in the user's cache directory; default true. */
  readonly cache?: boolean;
}
