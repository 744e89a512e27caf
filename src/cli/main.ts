/**
 * Runs the command line and turns what went wrong into one line and an exit code:
 * 0 done, 1 the input is unusable or damaged, 2 wrong usage, 70 a bug of ours (EX_SOFTWARE of sysexits.h).
 */
import { flush } from '@oclif/core/flush';
import { handle } from '@oclif/core/handle';
import { run } from '@oclif/core/run';
import { UsageError, UserError } from '../core/errors.js';

const EXIT_INPUT = 1;
const EXIT_USAGE = 2;
const EXIT_BUG = 70;

/** @param root URL of the entry script, from which oclif finds package.json */
export async function main(root: string): Promise<void> {
  endQuietlyOnClosedPipe();
  try {
    await run(process.argv.slice(2), root);
    await flush();
  } catch (error) {
    if (error instanceof UserError) {
      const hint = error.hint === undefined ? '' : `; ${error.hint}`;
      process.stderr.write(`memlapse: ${error.message}${hint}\n`);
      process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_INPUT;
      return;
    }
    if (isOclifs(error) && error.oclif.exit === EXIT_USAGE) {
      process.stderr.write(`memlapse: ${oneLine(error)}; see --help\n`);
      process.exitCode = EXIT_USAGE;
      return;
    }
    if (isOclifs(error)) {
      await handle(error);
      return;
    }
    const stack = error instanceof Error ? error.stack : String(error);
    process.stderr.write(`memlapse: this is a bug in memlapse, please report it\n${stack}\n`);
    process.exitCode = EXIT_BUG;
  }
}

/** oclif's own errors (flags, arguments, `--help`'s end) say how to exit. */
const isOclifs = (error: unknown): error is Error & { readonly oclif: { readonly exit?: number } } =>
  error instanceof Error && 'oclif' in error;

/** What oclif found wrong in the command line, without its headings. */
function oneLine({ message }: Error): string {
  const lines = message.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '' && !/^(See more help|The following errors? occurred)/.test(line))
    .join(' ')
    .replace(/\.$/, '');
}

/** `memlapse … | head` is no error: when the reader closes the pipe we stop. */
function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
