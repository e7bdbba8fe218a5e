/** All rows, in the order of the table: a row is one constant of a file of rows/ and one entry here. */
import type { Row } from './row.js';
import { agentMemory } from './rows/agent-memory.js';
import { calls } from './rows/calls.js';
import { callsSerial } from './rows/calls-serial.js';
import { crashKnown, crashSeen } from './rows/crash-known.js';
import { events } from './rows/events.js';
import { fleetStart } from './rows/fleet-start.js';
import { nodeIdle, nodeMemory } from './rows/node-idle.js';

export const rows: readonly Row[] = [
  events,
  calls,
  callsSerial,
  fleetStart,
  agentMemory,
  nodeMemory,
  nodeIdle,
  crashKnown,
  crashSeen,
];
