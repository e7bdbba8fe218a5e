/** Subscribes through NATS, once for all handlers of this process. Arguments: the server, how many handlers. */
import { unpack } from 'msgpackr';
import { serveArriving } from '../arriving.js';
import { EVENTS_TOPIC } from '../load.js';
import { bodyBytes, connectToNats } from '../nats.js';
import { argumentAt, numberAt } from '../worker-channel.js';

const nats = await connectToNats(argumentAt(0));
const handlers = serveArriving(numberAt(1));
const callback = bodyBytes((bytes) => {
  const body = unpack(bytes);
  for (const handler of handlers) handler(body);
});
nats.subscribe(EVENTS_TOPIC, { callback });
