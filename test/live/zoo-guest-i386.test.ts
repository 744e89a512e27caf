import { watchZooGuest } from './watch-zoo-guest.js';

watchZooGuest('686-pae');
