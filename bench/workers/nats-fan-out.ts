/** Subscribes through NATS, once for all handlers of this process. Arguments: the server, how many handlers. */
import { unpack } from 'msgpackr';
import { bodyBytes, connectToNats } from '../peers/nats.js';
import { serveArriving } from '../work/arriving.js';
import { EVENTS_TOPIC } from '../work/load.js';
import { argumentAt, numberAt } from '../work/worker-channel.js';

const nats = await connectToNats(argumentAt(0));
const handlers = serveArriving(numberAt(1));
const callback = bodyBytes((bytes) => {
  const body = unpack(bytes);
  for (const handler of handlers) handler(body);
});
nats.subscribe(EVENTS_TOPIC, { callback });
