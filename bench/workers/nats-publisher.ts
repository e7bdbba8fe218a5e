/** Publishes through NATS. Argument: the server. */
import { pack } from 'msgpackr';
import { bodyOf, EVENTS_TOPIC } from '../load.js';
import { connectToNats } from '../nats.js';
import { servePublishing } from '../publishing.js';
import { argumentAt } from '../worker-channel.js';

const nats = await connectToNats(argumentAt(0));
servePublishing((first, end) => {
  for (let seq = first; seq < end; seq++) nats.publish(EVENTS_TOPIC, pack(bodyOf(seq)));
});
