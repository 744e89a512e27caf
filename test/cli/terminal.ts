/** Runs a shell line on a pseudo-terminal, by `script` of Debian's bsdutils, and types at it. */
import { spawn, spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';

/** Is there a `script` that makes a terminal here? */
export const hasTerminal = spawnSync('script', ['-qec', 'test -t 0', '/dev/null'], { stdio: 'ignore' }).status === 0;

export interface Terminal {
  type(keys: string): void;
  /** Waits until `text` has been shown behind what earlier calls waited for. */
  shows(text: string): Promise<void>;
  /** Waits for the end: exit code, and all that was shown. */
  ended(): Promise<{ code: number | null; screen: string }>;
}

/** `line` runs in `sh`; when the test is over whatever still runs is killed. */
export function onTerminal(line: string, env: NodeJS.ProcessEnv): Terminal {
  const child = spawn('script', ['-qfec', line, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  let screen = '';
  let seen = 0;
  let look = () => {};
  let code: number | null | undefined;
  child.stdout.on('data', (data: Buffer) => {
    screen += data.toString('latin1');
    look();
  });
  child.on('close', (status) => {
    code = status;
    look();
  });
  const until = (holds: () => boolean) =>
    new Promise<void>((done) => {
      look = () => {
        if (!holds()) return;
        look = () => {};
        done();
      };
      look();
    });
  return {
    type: (keys) => void child.stdin.write(keys),
    async shows(text) {
      await until(() => screen.indexOf(text, seen) >= 0 || code !== undefined);
      const at = screen.indexOf(text, seen);
      if (at < 0) throw new Error(`the terminal never showed '${text}' but ${JSON.stringify(screen.slice(seen))}`);
      seen = at + text.length;
    },
    async ended() {
      await until(() => code !== undefined);
      return { code: code ?? null, screen };
    },
  };
}
