/** Connects this terminal with the console of a guest that runs in another process. */
import { ConsoleMenu } from '../live/console-menu.js';
import type { ControlClient } from '../live/control/control-client.js';
import { terminalKeys } from './terminal-keys.js';

/** Shows the console on stdout until the guest ends, or the user goes. */
export async function attachConsole(client: ControlClient): Promise<void> {
  const say = (text: string) => void process.stderr.write(`memlapse: ${text}\n`);
  const show = (data: string) => void process.stdout.write(Buffer.from(data, 'base64'));
  let leave: () => void = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  client.onEvent((event) => {
    if (event.event === 'console') show(event.data);
    else if (event.event === 'remark') say(event.text);
    else {
      say(`the run ended: ${event.how}`);
      leave();
    }
  });
  client.onClosed(leave);
  show((await client.request('console', {})).data);
  const detach = attachInput(client, say, leave);
  await left;
  detach();
}

/** Hands what is typed to the guest. Returns what gives the input back. */
function attachInput(client: ControlClient, say: (text: string) => void, leave: () => void): () => void {
  const orFail = (work: Promise<unknown>) => void work.catch((error: Error) => say(error.message));
  const type = (bytes: Uint8Array) => orFail(client.request('send', { data: Buffer.from(bytes).toString('base64') }));
  if (process.stdin.isTTY !== true) {
    process.stdin.on('data', type);
    return () => void process.stdin.off('data', type).destroy();
  }
  const togglePause = async () => {
    const { state } = await client.request('status', {});
    const next = await client.request(state === 'paused' ? 'resume' : 'pause', {});
    say(next.state);
  };
  const menu = new ConsoleMenu(
    [
      {
        key: 's',
        summary: 'takes a snapshot',
        run: () =>
          orFail(client.request('snapshot', {}).then(({ series, number }) => say(`snapshot ${series}@${number}`))),
      },
      { key: 'p', summary: 'pauses or resumes', run: () => orFail(togglePause()) },
      { key: 'q', summary: 'leaves; the guest runs on', run: leave },
    ],
    say,
  );
  const detach = terminalKeys((bytes) => {
    const typed = menu.typed(bytes);
    if (typed.length > 0) type(typed);
  });
  // Only now do keys go where the line says.
  say('Ctrl-] opens the menu');
  return detach;
}
