/** The peer's publisher: one message per send. Argument: the proxy. */
import { pack } from 'msgpackr';
import { Publisher } from 'zeromq';
import { bodyOf, EVENTS_TOPIC } from '../work/load.js';
import { servePublishing } from '../work/publishing.js';
import { argumentAt } from '../work/worker-channel.js';

const publisher = new Publisher({ linger: 0, sendHighWaterMark: 0 });
publisher.connect(argumentAt(0));
servePublishing(async (first, end) => {
  for (let seq = first; seq < end; seq++) await publisher.send([EVENTS_TOPIC, pack(bodyOf(seq))]);
});
