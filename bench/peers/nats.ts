/** NATS as the rows use it: the little of its client that they need, in the shape that it has there. */
import { loadPeer, natsClient, natsJetstream } from './need.js';

export interface NatsMessage {
  readonly data: Uint8Array;
  respond(payload: Uint8Array): boolean;
}

export interface NatsConnection {
  publish(subject: string, payload: Uint8Array): void;
  subscribe(
    subject: string,
    options: { readonly callback: (error: Error | null, message: NatsMessage) => void },
  ): unknown;
  request(subject: string, payload: Uint8Array, options: { readonly timeout: number }): Promise<NatsMessage>;
  /** Resolves when the server has seen all that was said before. */
  flush(): Promise<void>;
}

export const CALLS_SUBJECT = 'bench.echo';

interface NatsClient {
  connect(options: { readonly servers: string }): Promise<NatsConnection>;
}

/** @param address `host:port` of the server. */
export const connectToNats = (address: string): Promise<NatsConnection> =>
  loadPeer<NatsClient>(natsClient.name).connect({ servers: address });

interface StreamManager {
  readonly streams: {
    add(options: { readonly name: string; readonly subjects: readonly string[]; readonly storage: 'file' }): unknown;
  };
}

interface JetStream {
  /** Resolves when the server has acknowledged it. */
  publish(subject: string, payload: Uint8Array): Promise<{ readonly seq: number }>;
}

interface JetStreamModule {
  jetstream(connection: NatsConnection): JetStream;
  jetstreamManager(connection: NatsConnection): Promise<StreamManager>;
}

/** A stream that is kept in files, all else as it comes. */
export async function openJetStream(connection: NatsConnection, subject: string): Promise<JetStream> {
  const { jetstream, jetstreamManager } = loadPeer<JetStreamModule>(natsJetstream.name);
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'bench', subjects: [subject], storage: 'file' });
  return jetstream(connection);
}

/** What a handler gets that does not look at errors: there are none but those of permissions, and nobody restricts any. */
export const bodyBytes =
  (onBytes: (bytes: Uint8Array) => void) =>
  (error: Error | null, message: NatsMessage): void => {
    if (error !== null) throw error;
    onBytes(message.data);
  };
