/** The peer's caller. Arguments: the ports of caller and callee. */
import { serveCalling } from '../calling.js';
import { moleculerNode } from '../moleculer.js';
import { numberAt } from '../worker-channel.js';

const broker = moleculerNode('caller', { caller: numberAt(0), callee: numberAt(1) });
await broker.start();
await broker.waitForServices('bench');
serveCalling({ call: (body) => broker.call('bench.echo', body) });
