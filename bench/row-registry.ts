/** All rows, in the order of the table: a row is one file of rows/ and one line here. */
import type { Row } from './row.js';
import { calls } from './rows/calls.js';
import { callsSerial } from './rows/calls-serial.js';
import { events } from './rows/events.js';

export const rows: readonly Row[] = [events, calls, callsSerial];
