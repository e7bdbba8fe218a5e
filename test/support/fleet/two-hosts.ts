/**
 * A fleet whose machines are two hosts (network namespaces), as two boxes with a cable between them: each with its folder, its
 * address and its ports as main has them. Nothing runs yet.
 */
import type { Host, NetworkNamespaces } from '../network/network-namespaces.js';
import { type FleetSetup, mainPorts, writeFleetFolder } from './test-fleet.js';
import { TestMachine } from './test-machine.js';

export function machinesOn(hosts: NetworkNamespaces, root: string, agents: FleetSetup): Record<Host, TestMachine> {
  const placeOf = (name: Host) => ({ own: hosts.address(name), seen: hosts.address(name) });
  const setup = { ...agents, places: { main: placeOf('main'), pc2: placeOf('pc2') }, isInsecure: true };
  const machine = (name: Host) =>
    new TestMachine({
      name,
      home: writeFleetFolder(root, name, setup),
      node: `tcp://${hosts.address(name)}:${mainPorts.node}`,
      runner: hosts.runner(name),
    });
  return { main: machine('main'), pc2: machine('pc2') };
}
