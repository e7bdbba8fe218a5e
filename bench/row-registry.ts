/** All rows, in the order of the table: a row is one constant of a file of rows/ and one entry here. */
import type { Row } from './row.js';
import { agentMemory } from './rows/agent-memory.js';
import { blobs } from './rows/blobs.js';
import { calls } from './rows/calls.js';
import { callsKnown, callsSubscribed } from './rows/calls-growth.js';
import { callsSerial, callsSerialSlowest } from './rows/calls-serial.js';
import { callsTelemetry } from './rows/calls-telemetry.js';
import { crashKnown, crashSeen } from './rows/crash-known.js';
import { events, eventsFifty, eventsSubscribed } from './rows/events.js';
import { fleetStart } from './rows/fleet-start.js';
import { logQuery } from './rows/log-query.js';
import { nodeIdle, nodeMemory } from './rows/node-idle.js';

export const rows: readonly Row[] = [
  events,
  eventsFifty,
  eventsSubscribed,
  calls,
  callsSerial,
  callsSerialSlowest,
  callsTelemetry,
  callsKnown,
  callsSubscribed,
  blobs,
  logQuery,
  fleetStart,
  agentMemory,
  nodeMemory,
  nodeIdle,
  crashKnown,
  crashSeen,
];
