/** The peer that is called: an action that answers its checked parameters. Arguments: the ports of caller and callee. */
import { moleculerNode } from '../peers/moleculer.js';
import { numberAt, serveTasks } from '../work/worker-channel.js';

const broker = moleculerNode('callee', { caller: numberAt(0), callee: numberAt(1) });
broker.createService({
  name: 'bench',
  actions: {
    echo: {
      params: { $$strict: true, seq: { type: 'number', integer: true, min: 0 }, text: { type: 'string', max: 1_000 } },
      handler: ({ params }: { readonly params: unknown }) => params,
    },
  },
});
await broker.start();
serveTasks({});
