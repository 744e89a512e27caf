/** `src/live/storing-thread.ts` as a thread: Node 20 reads no TypeScript there, whatever the thread that starts it reads. */
import { register } from 'tsx/esm/api';

register();
await import('../../src/live/storing-thread.ts');
