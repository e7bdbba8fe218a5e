/** Subscribes through NATS, once for each handler. Arguments: the server, how many handlers. */
import { unpack } from 'msgpackr';
import { serveArriving } from '../arriving.js';
import { EVENTS_TOPIC } from '../load.js';
import { bodyBytes, connectToNats } from '../nats.js';
import { argumentAt, numberAt } from '../worker-channel.js';

const nats = await connectToNats(argumentAt(0));
for (const handler of serveArriving(numberAt(1))) {
  nats.subscribe(EVENTS_TOPIC, { callback: bodyBytes((bytes) => handler(unpack(bytes))) });
}
