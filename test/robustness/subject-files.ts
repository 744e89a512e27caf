/** The images that are damaged: the synthetic ones always, real ones where there are any. */
import { profilePathOf, typedLinuxImages } from '../analysis/test-kernels.js';
import type { SubjectFile } from './subject.js';

export interface Candidate {
  readonly name: string;
  readonly file: () => SubjectFile;
}

/** Every image that can be analysed, by name. */
export async function subjectFiles(): Promise<Candidate[]> {
  return Promise.all(
    typedLinuxImages().map(async (test) => {
      const file = { path: await test.path(), profilePath: await profilePathOf(test) };
      return { name: test.name, file: () => file };
    }),
  );
}
