/** Where the parts of the mesh are, for whoever connects to a node. Pure. */
import type { FleetConfig, MachineConfig } from '../../../common/config/fleet-config.js';
import type { WelcomeBody } from '../../../common/protocol/catalogue.js';
import { PROTOCOL_VERSION } from '../../../common/protocol/frames/envelope.js';

export const welcomeOf = (fleet: FleetConfig, machine: MachineConfig, epoch: number): WelcomeBody => ({
  mesh: fleet.meshName,
  machine: machine.name,
  role: machine.role,
  epoch,
  protocol: PROTOCOL_VERSION,
  registry: fleet.main.endpoints.registry,
  log: fleet.main.endpoints.log,
  brokers: [...fleet.machines.values()].map(({ name, endpoints: { publish, subscribe, broker } }) => ({
    machine: name,
    publish,
    subscribe,
    control: broker,
  })),
});
