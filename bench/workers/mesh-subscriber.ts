/** Subscribes through the SDK. Arguments: the node, how many handlers, how many subscriptions on other topics. */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { serveArriving } from '../work/arriving.js';
import { EVENTS_TOPIC, otherTopic } from '../work/load.js';
import { argumentAt, numberAt } from '../work/worker-channel.js';

const mesh = await MeshClient.connect({
  node: argumentAt(0),
  name: 'bench-subscriber',
  onHandlerError: (error) => {
    throw error;
  },
});
for (let i = 0; i < numberAt(2); i++) mesh.subscribe(otherTopic(i), () => undefined);
for (const handler of serveArriving(numberAt(1))) mesh.subscribe(EVENTS_TOPIC, handler);
