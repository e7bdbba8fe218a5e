/** All rows, in the order of the table: a row is one constant of a file of rows/ and one entry here. */
import type { Row } from './measure/row.js';
import { agentMemory } from './rows/agent-memory.js';
import { blobs } from './rows/blobs.js';
import { calls } from './rows/calls.js';
import { callsKnown, callsSubscribed } from './rows/calls-growth.js';
import { callsSerial, callsSerialSlowest } from './rows/calls-serial.js';
import { callsTelemetry } from './rows/calls-telemetry.js';
import { crashKnown, crashSeen } from './rows/crash-known.js';
import { errorFlood, errorFloodMemory } from './rows/error-flood.js';
import { events, eventsFifty, eventsSubscribed } from './rows/events.js';
import { eventsSlowSubscriber } from './rows/events-slow-subscriber.js';
import { fleetStart } from './rows/fleet-start.js';
import { logQuery } from './rows/log-query.js';
import { nodeIdle, nodeMemory } from './rows/node-idle.js';
import { records, recordsEndToEnd, recordsSerial, recordsTwenty } from './rows/records.js';
import { recordsBacklog, recordsBacklogMemory } from './rows/records-backlog.js';
import { recordsResume } from './rows/records-resume.js';

export const rows: readonly Row[] = [
  events,
  eventsFifty,
  eventsSubscribed,
  eventsSlowSubscriber,
  calls,
  callsSerial,
  callsSerialSlowest,
  callsTelemetry,
  callsKnown,
  callsSubscribed,
  blobs,
  records,
  recordsTwenty,
  recordsSerial,
  recordsEndToEnd,
  recordsBacklog,
  recordsBacklogMemory,
  recordsResume,
  errorFlood,
  errorFloodMemory,
  logQuery,
  fleetStart,
  agentMemory,
  nodeMemory,
  nodeIdle,
  crashKnown,
  crashSeen,
];
