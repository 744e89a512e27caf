/**
 * The process in which damaged runs happen, so that a hang can be ended and an exhausted heap survived by whoever asked.
 * Started by `watched-subject.ts`; speaks over the channel that `fork` gives.
 */
import { type Case, Subject, type SubjectFile } from './subject.js';

export type Request = { readonly id: number; readonly open: SubjectFile } | { readonly id: number; readonly run: Case };

let subject: Subject | undefined;

process.on('message', async (request: Request) => {
  try {
    if ('open' in request) {
      subject = await Subject.open(request.open);
      process.send?.({ id: request.id, result: { plugins: subject.plugins } });
    } else {
      process.send?.({ id: request.id, result: await subject?.run(request.run) });
    }
  } catch (error) {
    process.send?.({ id: request.id, error: error instanceof Error ? error.stack : String(error) });
  }
});

process.on('disconnect', () => process.exit(0));
