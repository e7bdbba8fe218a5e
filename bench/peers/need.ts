/**
 * What a peer needs that the product does not: packages of `bench/package.json`, which are installed beside it and nowhere
 * else, and programs of the system. They are looked for when a row begins and loaded by the workers that use them, so the
 * bench compiles and its other rows run without them.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { packageVersion } from './package-version.js';

export interface Need {
  readonly name: string;
  /** The command that installs it. */
  readonly install: string;
  /** @returns nothing when it is not there */
  version(): string | undefined;
}

/** Resolves as a module in `bench/` would, wherever the compiler put this one. */
const requirePeer = createRequire(new URL('../../../bench/package.json', import.meta.url));

/** @returns the module, in the shape that the caller expects of it. @throws when it is not installed */
export const loadPeer = <T>(name: string): T => requirePeer(name);

const peerPackage = (name: string): Need => ({
  name,
  install: 'npm install --prefix bench',
  version: () => packageVersion(requirePeer, name),
});

export const moleculer = peerPackage('moleculer');
export const natsClient = peerPackage('@nats-io/transport-node');
export const natsJetstream = peerPackage('@nats-io/jetstream');
/** On the path, as its Debian package puts it there. */
export const NATS_SERVER = 'nats-server';
export const natsServer: Need = {
  name: 'nats-server',
  install: 'apt-get install nats-server',
  version: () => {
    const { error, stdout } = spawnSync(NATS_SERVER, ['--version'], { encoding: 'utf8' });
    return error === undefined ? stdout.trim().replace(/^nats-server: v/, '') : undefined;
  },
};

export const needs: readonly Need[] = [moleculer, natsClient, natsJetstream, natsServer];
