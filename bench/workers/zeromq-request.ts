/** The peer's caller, one at a time. Argument: whom it calls. */
import { pack, unpack } from 'msgpackr';
import { Request } from 'zeromq';
import { serveCalling } from '../work/calling.js';
import { argumentAt } from '../work/worker-channel.js';

const request = new Request({ linger: 0 });
request.connect(argumentAt(0));
serveCalling({
  call: async (body) => {
    await request.send(pack(body));
    const [answer] = await request.receive();
    return answer === undefined ? undefined : unpack(answer);
  },
});
