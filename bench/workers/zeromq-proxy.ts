/** The peer's broker: libzmq's own proxy. Arguments: where publishers connect, where subscribers connect. */
import { Proxy as NativeProxy, XPublisher, XSubscriber } from 'zeromq';
import { argumentAt, serveTasks } from '../work/worker-channel.js';

const unbounded = { sendHighWaterMark: 0, receiveHighWaterMark: 0 };
const proxy = new NativeProxy(new XSubscriber(unbounded), new XPublisher(unbounded));
await proxy.frontEnd.bind(argumentAt(0));
await proxy.backEnd.bind(argumentAt(1));
// It runs in a thread of its own, which the end of the process would wait for.
process.on('disconnect', () => proxy.terminate());
serveTasks({});
await proxy.run();
