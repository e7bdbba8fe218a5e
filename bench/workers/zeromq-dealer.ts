/** The peer's caller: answers matched by id, one message per send. Argument: whom it calls. */
import { pack, unpack } from 'msgpackr';
import { Dealer } from 'zeromq';
import { SendQueue } from '../peers/send-queue.js';
import { serveCalling } from '../work/calling.js';
import { argumentAt } from '../work/worker-channel.js';

const dealer = new Dealer({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
dealer.connect(argumentAt(0));
/** By the last 16 bits of the id: a Map that is filled and emptied all the time would burden the peer with garbage. */
const waiting: ((body: unknown) => void)[] = [];
const queue = new SendQueue(dealer);
let lastId = 0;

serveCalling({
  call: (body) =>
    new Promise((resolve) => {
      const id = ++lastId;
      waiting[id & 0xffff] = resolve;
      queue.push(pack([id, body]));
    }),
});

for await (const [frame] of dealer) {
  if (frame === undefined) continue;
  const [id, body] = unpack(frame) as [number, unknown];
  waiting[id & 0xffff]?.(body);
}
