import { watchEventGuest } from './watch-event-guest.js';

watchEventGuest('i386');
