/**
 * ELF notes: records of owner, type and description, as core files and kdump sub-headers hold them.
 */
import { latin1Text } from '../../core/bytes.js';
import { NOTE_ALIGN, noteHeader } from './layout.js';

export interface ElfNote {
  /** Who defined the type: "CORE", "QEMU", "VMCOREINFO". */
  readonly owner: string;
  readonly type: number;
  readonly description: Uint8Array;
}

const aligned = (size: number) => Math.ceil(size / NOTE_ALIGN) * NOTE_ALIGN;

/** The notes in `bytes`, up to the first that does not fit. Descriptions share memory with `bytes`. */
export function readNotes(bytes: Uint8Array): ElfNote[] {
  const notes: ElfNote[] = [];
  let at = 0;
  for (let header = noteHeader.decode(bytes, at); header; header = noteHeader.decode(bytes, at)) {
    const name = at + noteHeader.size;
    const description = name + aligned(header.nameSize);
    if (description + header.descriptionSize > bytes.length) break;
    notes.push({
      owner: latin1Text(bytes.subarray(name, name + header.nameSize)),
      type: header.type,
      description: bytes.subarray(description, description + header.descriptionSize),
    });
    at = description + aligned(header.descriptionSize);
  }
  return notes;
}

/** The bytes of notes, ready for a PT_NOTE segment. */
export function writeNotes(notes: readonly ElfNote[]): Uint8Array {
  const parts = notes.map((note) => {
    const nameSize = note.owner.length + 1;
    const bytes = new Uint8Array(noteHeader.size + aligned(nameSize) + aligned(note.description.length));
    bytes.set(noteHeader.encode({ nameSize, descriptionSize: note.description.length, type: note.type }));
    bytes.set(
      Uint8Array.from(note.owner, (c) => c.charCodeAt(0)),
      noteHeader.size,
    );
    bytes.set(note.description, noteHeader.size + aligned(nameSize));
    return bytes;
  });
  return Buffer.concat(parts);
}
