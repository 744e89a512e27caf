import { watchZooGuest } from './watch-zoo-guest.js';

watchZooGuest('amd64');
