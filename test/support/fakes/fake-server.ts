/** A server that speaks the protocol and answers as its test says, on a port of its own. */
import { limits } from '../../../common/core/limits.js';
import { type MethodHandlers, MethodTable } from '../../../common/wire/answering/method-table.js';
import { RequestServer } from '../../../common/wire/answering/request-server.js';

export const fakeServer = (
  handlers: MethodHandlers,
  frameBytesMax: number = limits.controlFrameBytesMax,
): RequestServer =>
  new RequestServer({
    endpoint: 'tcp://127.0.0.1:0',
    purpose: 'a server of a test',
    frameBytesMax,
    handle: new MethodTable().serve(handlers).handle,
    onBug: (error) => {
      throw error;
    },
  });
