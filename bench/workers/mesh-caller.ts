/** Calls through the SDK. Arguments: the node, how many subscriptions it has beside that. */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { serveCalling } from '../work/calling.js';
import { otherTopic } from '../work/load.js';
import { argumentAt, numberAt } from '../work/worker-channel.js';

const mesh = await MeshClient.connect({ node: argumentAt(0), name: 'bench-caller' });
for (let i = 0; i < numberAt(1); i++) mesh.subscribe(otherTopic(i), () => undefined);
serveCalling({
  call: (body) => mesh.call('bench-callee.echo', body),
  callBlob: async (data) => {
    const answer = (await mesh.call('bench-callee.blob', { data })) as { readonly data: unknown };
    return answer.data;
  },
});
