/**
 * Moleculer as the rows use it: two nodes that know each other's port, over its own TCP transporter. All is as it comes
 * (JSON bodies, parameters checked), but for its log, and for asking around by UDP who is there.
 */
import { loadPeer, moleculer } from './need.js';

interface ServiceBroker {
  createService(schema: { readonly name: string; readonly actions: Readonly<Record<string, unknown>> }): unknown;
  start(): Promise<void>;
  waitForServices(name: string): Promise<unknown>;
  call(action: string, params: unknown): Promise<unknown>;
}

interface Moleculer {
  readonly ServiceBroker: new (options: Readonly<Record<string, unknown>>) => ServiceBroker;
}

/** @param self one of the two nodes @param ports of each. */
export function moleculerNode(self: 'caller' | 'callee', ports: { readonly caller: number; readonly callee: number }) {
  const { ServiceBroker } = loadPeer<Moleculer>(moleculer.name);
  const urls = Object.entries(ports).map(([nodeID, port]) => `127.0.0.1:${port}/${nodeID}`);
  return new ServiceBroker({
    nodeID: self,
    logger: false,
    transporter: { type: 'TCP', options: { port: ports[self], udpDiscovery: false, urls } },
  });
}
