/** A terminal whose keys go to somebody else one by one, Ctrl-C included. */

/** Hands every key to `take` until the function that is returned is called, which gives the terminal back. */
export function terminalKeys(take: (bytes: Uint8Array) => void): () => void {
  const { stdin } = process;
  const typed = (data: Buffer) => take(data);
  stdin.setRawMode(true);
  stdin.on('data', typed);
  stdin.resume();
  return () => {
    stdin.off('data', typed);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
