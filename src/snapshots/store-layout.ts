/** The names and the version of a store on disk. See docs/snapshot-format.md. */

/** Raised when a store of the older kind cannot be read as it is. */
export const STORE_VERSION = 1;
export const STORE_FILE = 'snapshots.mdb';
