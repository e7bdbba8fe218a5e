/** The peer's caller. Arguments: the ports of caller and callee. */

import { moleculerNode } from '../peers/moleculer.js';
import { serveCalling } from '../work/calling.js';
import { numberAt } from '../work/worker-channel.js';

const broker = moleculerNode('caller', { caller: numberAt(0), callee: numberAt(1) });
await broker.start();
await broker.waitForServices('bench');
serveCalling({ call: (body) => broker.call('bench.echo', body) });
