/** The peer's caller. Argument: the server. */
import { pack, unpack } from 'msgpackr';
import { serveCalling } from '../calling.js';
import { CALLS_SUBJECT, connectToNats } from '../nats.js';
import { argumentAt } from '../worker-channel.js';

const nats = await connectToNats(argumentAt(0));
serveCalling({
  call: async (body) => unpack((await nats.request(CALLS_SUBJECT, pack(body), { timeout: TIMEOUT_MS })).data),
});

const TIMEOUT_MS = 5_000;
