/**
 * Whether events get through right now. The event plane tells nobody that a broker is away: a publisher's events would
 * vanish and a subscriber would wait in silence. So the command line asks the brokers, and a publisher waits until one
 * event of its own has come back: only then does its broker's list of subscriptions stand.
 */
import type { MeshClient } from '../../agents/sdk/mesh-client.js';
import type { MachineConfig } from '../../common/config/fleet-config.js';
import { delay } from '../../common/core/clock.js';
import { MeshError, toMeshError } from '../../common/core/errors.js';
import { randomId } from '../../common/core/ids.js';
import { limits } from '../../common/core/limits.js';
import type { FleetAccess } from './fleet-access.js';

/** Events of the command line to itself: nobody else's business. */
const PROBE_PREFIX = 'mesh-cli-probe.';
const PROBE_INTERVAL_MS = 10;

export const isProbe = (topic: string): boolean => topic.startsWith(PROBE_PREFIX);

/** The brokers that do not answer, as sentences. */
export async function missingBrokers(access: FleetAccess, machines: readonly MachineConfig[]): Promise<MeshError[]> {
  const answers = await Promise.all(
    machines.map(({ name, endpoints }) =>
      access.control(endpoints.broker, `the broker of ${name}`).then(
        () => undefined,
        (error: unknown) => toMeshError(error),
      ),
    ),
  );
  return answers.filter((error) => error !== undefined);
}

/** Resolves when what `mesh` publishes from now on reaches whoever is subscribed. @throws MeshError UNREACHABLE */
export async function openEventPath(mesh: MeshClient): Promise<void> {
  const topic = `${PROBE_PREFIX}${randomId(12)}`;
  const arrived = new AbortController();
  const subscription = mesh.subscribe(topic, () => arrived.abort());
  try {
    for (let waitedMs = 0; !arrived.signal.aborted; waitedMs += PROBE_INTERVAL_MS) {
      if (waitedMs > limits.cliConnectTimeoutMs) {
        throw new MeshError('UNREACHABLE', `events do not get through the broker of ${mesh.machine}`, {
          hint: `look at "mesh ps" and "mesh logs broker@${mesh.machine}"`,
        });
      }
      mesh.publish(topic, null);
      await delay(PROBE_INTERVAL_MS, arrived.signal).catch(() => undefined);
    }
  } finally {
    subscription.close();
  }
}
