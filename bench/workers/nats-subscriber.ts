/** Subscribes through NATS, once for each handler. Arguments: the server, how many handlers. */
import { unpack } from 'msgpackr';
import { bodyBytes, connectToNats } from '../peers/nats.js';
import { serveArriving } from '../work/arriving.js';
import { EVENTS_TOPIC } from '../work/load.js';
import { argumentAt, numberAt } from '../work/worker-channel.js';

const nats = await connectToNats(argumentAt(0));
for (const handler of serveArriving(numberAt(1))) {
  nats.subscribe(EVENTS_TOPIC, { callback: bodyBytes((bytes) => handler(unpack(bytes))) });
}
