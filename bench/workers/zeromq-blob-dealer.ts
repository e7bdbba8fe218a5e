/** The peer's caller of large bodies: each is a message, no codec; answers come in order. Argument: whom it calls. */
import { Dealer } from 'zeromq';
import { SendQueue } from '../peers/send-queue.js';
import { serveCalling } from '../work/calling.js';
import { argumentAt } from '../work/worker-channel.js';

const dealer = new Dealer({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
dealer.connect(argumentAt(0));
const waiting: ((body: unknown) => void)[] = [];
const queue = new SendQueue(dealer);

serveCalling({
  callBlob: (blob) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      queue.push(blob);
    }),
});

for await (const [blob] of dealer) waiting.shift()?.(blob);
