/**
 * The outer shape of a ground-truth file: named sections, as the guest's init script printed them. Knows no section's
 * contents.
 */

const BEGIN = /^=====BEGIN (.+)=====$/;
const END = '=====END=====';
const ALL_DONE = '=====ALLDONE=====';

/** Lines of each section, by name, in the order printed. */
export type Sections = ReadonlyMap<string, readonly string[]>;

/**
 * Splits the text of groundtruth.txt. Throws when a section is left open, a name comes twice, or the guest did not get
 * to its last line: half a truth would let half a result pass.
 */
export function splitSections(text: string): Sections {
  const sections = new Map<string, string[]>();
  let open: string[] | undefined;
  let done = false;
  for (const raw of text.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const name = BEGIN.exec(line)?.[1];
    if (open === undefined && name !== undefined) {
      if (sections.has(name)) throw new Error(`ground truth: section ${name} comes twice`);
      open = [];
      sections.set(name, open);
    } else if (open !== undefined && line === END) {
      open = undefined;
    } else if (open !== undefined) {
      open.push(line);
    } else if (line === ALL_DONE) {
      done = true;
    }
  }
  if (open !== undefined || !done) throw new Error('ground truth: the guest did not finish printing it');
  return sections;
}
