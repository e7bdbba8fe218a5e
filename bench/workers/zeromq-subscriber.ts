/** The peer's subscriber. Arguments: the proxy, how many handlers. */
import { unpack } from 'msgpackr';
import { Subscriber } from 'zeromq';
import { serveArriving } from '../work/arriving.js';
import { EVENTS_TOPIC } from '../work/load.js';
import { argumentAt, numberAt } from '../work/worker-channel.js';

const subscriber = new Subscriber({ receiveHighWaterMark: 0 });
subscriber.connect(argumentAt(0));
subscriber.subscribe(EVENTS_TOPIC);
const handlers = serveArriving(numberAt(1));
for await (const [, frame] of subscriber) {
  if (frame === undefined) continue;
  const body = unpack(frame);
  for (const handler of handlers) handler(body);
}
