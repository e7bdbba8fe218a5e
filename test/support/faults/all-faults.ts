/** Every fault, in the order in which the short form does them: the last takes everything down and up again. */
import { blockLoops } from './block-loops.js';
import { crashLoop } from './crash-loop.js';
import type { Fault } from './fault.js';
import { haltedAgents } from './halted-agents.js';
import { killAgents } from './kill-agents.js';
import { killBroker } from './kill-broker.js';
import { killNode } from './kill-node.js';
import { load } from './load.js';
import { sigterm } from './sigterm.js';
import { stopAgents } from './stop-agents.js';
import { stopBroker } from './stop-broker.js';

export const allFaults: readonly Fault[] = [
  killAgents,
  haltedAgents,
  killNode,
  killBroker,
  stopAgents,
  blockLoops,
  stopBroker,
  crashLoop,
  load,
  sigterm,
];
