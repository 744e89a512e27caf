import { watchDemoGuest } from './watch-demo-guest.js';

watchDemoGuest('amd64');
