/**
 * The socket files of a machine's agents: one for each incarnation, in a folder that nobody else can enter. An agent removes
 * its own when it ends; what one that was killed leaves behind is removed here, by the node that sees the end or by the next.
 */
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ipcEndpoint, socketFileOf } from '../../../common/wire/endpoint.js';

export class SocketFolder {
  /** Creates it. @throws the error of the file system */
  constructor(private readonly path: string) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
  }

  /** Where an incarnation may bind; empty where the fleet's folder has a path that leaves no room for the name of a socket. */
  endpointOf(agent: string, epoch: number): string {
    return ipcEndpoint(join(this.path, `${agent}-${epoch}`));
  }

  /** The incarnation is over. */
  remove(agent: string, epoch: number): void {
    const endpoint = this.endpointOf(agent, epoch);
    if (endpoint !== '') rmSync(socketFileOf(endpoint), { force: true });
  }

  /** Removes the files of all but those who live. */
  sweep(living: readonly { readonly name: string; readonly epoch: number }[]): void {
    const kept = new Set(living.map(({ name, epoch }) => `${name}-${epoch}`));
    for (const file of readdirSync(this.path)) {
      if (!kept.has(file)) rmSync(join(this.path, file), { force: true, recursive: true });
    }
  }
}
