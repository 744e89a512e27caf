/** What a profile does not know although the analysis needs it: an old kernel, stripped types, the wrong file. */
import { UserError } from '../core/errors.js';

export class ProfileGap extends UserError {
  /** What is missing: `task_struct.mm`, `init_task`. */
  readonly missing: string;

  constructor(missing: string, release: string) {
    super(
      `the profile for ${release} does not know ${missing}`,
      'give a complete one with --profile FILE (memlapse profile build makes it of a vmlinux with debug information or of a PDB)',
    );
    this.missing = missing;
  }
}
