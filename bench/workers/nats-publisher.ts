/** Publishes through NATS. Argument: the server. */
import { pack } from 'msgpackr';
import { connectToNats } from '../peers/nats.js';
import { bodyOf, EVENTS_TOPIC } from '../work/load.js';
import { servePublishing } from '../work/publishing.js';
import { argumentAt } from '../work/worker-channel.js';

const nats = await connectToNats(argumentAt(0));
servePublishing((first, end) => {
  for (let seq = first; seq < end; seq++) nats.publish(EVENTS_TOPIC, pack(bodyOf(seq)));
});
