/** Every fault that brings its own processes. */
import { blockedReconnect } from './blocked-reconnect.js';
import { connectionStorm } from './connection-storm.js';
import type { LoneFault } from './lone-fault.js';

export const loneFaults: readonly LoneFault[] = [blockedReconnect, connectionStorm];
