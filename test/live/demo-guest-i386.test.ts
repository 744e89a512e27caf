import { watchDemoGuest } from './watch-demo-guest.js';

watchDemoGuest('i386');
