/** The peer's caller. Argument: the server. */
import { pack, unpack } from 'msgpackr';
import { CALLS_SUBJECT, connectToNats } from '../peers/nats.js';
import { serveCalling } from '../work/calling.js';
import { argumentAt } from '../work/worker-channel.js';

const nats = await connectToNats(argumentAt(0));
serveCalling({
  call: async (body) => unpack((await nats.request(CALLS_SUBJECT, pack(body), { timeout: TIMEOUT_MS })).data),
});

const TIMEOUT_MS = 5_000;
