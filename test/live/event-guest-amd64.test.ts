import { watchEventGuest } from './watch-event-guest.js';

watchEventGuest('amd64');
