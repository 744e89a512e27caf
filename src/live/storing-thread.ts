/** The thread that `storing.ts` starts: opens the store for itself and stores what comes. Ends when its port is closed. */
import { workerData } from 'node:worker_threads';
import { yieldThisThread } from '../emulator-host/compiler-threads.js';
import { serveSink } from '../snapshots/serve-sink.js';
import { openStore } from '../snapshots/store.js';
import { type StoringThreadData, storingExtras } from './storing.js';

const { port, folder, job } = workerData as StoringThreadData;
yieldThisThread();
const store = openStore(folder);
serveSink(port, store, storingExtras(store, job));
port.once('close', () => store.close());
