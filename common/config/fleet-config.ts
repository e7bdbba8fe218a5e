/**
 * The whole fleet, resolved once: what every node, broker and command works from. `loadFleet` reads all files, checks
 * everything that can be checked without starting anything, and either returns a configuration that is consistent or
 * throws one error that names every fault with file and line. It opens no socket and writes nothing.
 */
import { resolve } from 'node:path';
import type { MeshError } from '../core/errors.js';
import type { Static, TSchema } from '../protocol/type.js';
import { resolveAgents } from './agents/agent-resolver.js';
import type { AgentSpec } from './agents/agent-specs.js';
import { alerterSpec } from './agents/alerter-spec.js';
import type { Box } from './agents/box.js';
import { type BuiltinModules, builtinModules as builtinModulesOnDisk } from './agents/builtin-modules.js';
import { type FleetFiles, readFleetFiles } from './fleet-files.js';
import { checkMachineSettings, type MachineSettings, machineSettings } from './machines/machine-settings.js';
import {
  checkMachines,
  type Endpoints,
  endpointsOn,
  isMainEndpoints,
  type Machine,
  type MainEndpoints,
  machinesOf,
  securityWarnings,
} from './machines/machines.js';
import { checkPortPlan } from './machines/port-plan.js';
import { type FleetAlerts, resolveAlerts } from './rules/alerts.js';
import { type FleetErrors, resolveErrors } from './rules/errors.js';
import { type FleetPolicies, resolvePolicies } from './rules/policies.js';
import { type FleetStreams, resolveStreams } from './rules/streams.js';
import { MachineFile, type MachinePorts, MeshFile, PortsFile } from './schemas.js';
import { configError, type Issue } from './source/issues.js';
import { referenceTable, resolveReferences } from './source/references.js';
import { checkSchema } from './source/schema-check.js';
import type { Tree } from './source/tree.js';

export interface MachineConfig extends Machine, MachineSettings {
  /** To connect to: made of `address`. */
  readonly endpoints: Endpoints;
  /** To bind: made of `listen`. */
  readonly bindEndpoints: Endpoints;
  readonly ports: MachinePorts;
  /** In start order. */
  readonly agents: readonly AgentSpec[];
  /** Names of agents; a wave starts when the one before is ready. */
  readonly waves: readonly (readonly string[])[];
}

export interface MainMachine extends MachineConfig {
  readonly endpoints: MainEndpoints;
  readonly bindEndpoints: MainEndpoints;
}

export interface FleetConfig {
  /** Absolute path of the fleet folder. */
  readonly home: string;
  /** Name of the overlay that was applied. */
  readonly environment?: string;
  readonly meshName: string;
  readonly security?: 'insecure';
  /** In the order of mesh.yaml; `main` is one of them. */
  readonly machines: ReadonlyMap<string, MachineConfig>;
  readonly main: MainMachine;
  /** What holds for calls. */
  readonly policies: FleetPolicies;
  /** What holds for streams of records. */
  readonly streams: FleetStreams;
  /** To which part of the fleet an error belongs, and how bad it is there. */
  readonly errors: FleetErrors;
  /** What of all that happens is told, and to whom. */
  readonly alerts: FleetAlerts;
  /** Sentences that every start must print. */
  readonly warnings: readonly string[];
  /** The files after the overlay, with the origin of every value. */
  readonly sources: FleetSources;
}

export interface FleetSources {
  readonly mesh: Tree;
  readonly ports: Tree;
  readonly machines: ReadonlyMap<string, Tree>;
}

export interface LoadFleetOptions {
  readonly home: string;
  /** Name of the overlay in config/environments; none when absent. */
  readonly env?: string | undefined;
  readonly builtinModules?: BuiltinModules;
  /**
   * Whether this box must have what the agents of a machine run, and what it is. Absent when nothing is to start: a
   * question about a running fleet needs none of it.
   */
  readonly boxOf?: ((machine: Machine) => Box | undefined) | undefined;
}

/** @throws MeshError CONFIG_INVALID, or INSECURE when that is all there is to say; `details.issues` lists the faults. */
export function loadFleet(options: LoadFleetOptions): FleetConfig {
  const { home, fleet, issues } = resolveFleet(options);
  if (fleet === undefined || issues.length > 0) throw configError(home, issues);
  return fleet;
}

/**
 * The fleet for a question about what runs, which needs no more than where its machines are: a fault of an agent or a rule
 * must not blind whoever looks for the reason of something. Of a machine's file that cannot be read there are no agents.
 * @throws as above when the fault is in what says where the machines are
 */
export function loadRunningFleet(options: Omit<LoadFleetOptions, 'boxOf'>): {
  readonly fleet: FleetConfig;
  readonly fault: MeshError | undefined;
} {
  const { home, fleet, issues } = resolveFleet(options);
  const fault = issues.length === 0 ? undefined : configError(home, issues);
  if (fleet === undefined || issues.some(({ file }) => !SAYS_NO_PLACE.test(file)))
    throw fault ?? configError(home, issues);
  return { fleet, fault };
}

/** Files whose faults leave every machine where it is. */
const SAYS_NO_PLACE = /^config\/(machines\/[^/]+|policies|streams|errors|alerts)\.\w+$/;

interface Resolved {
  readonly home: string;
  /** Absent when not even its machines are known. It is to be trusted only without issues. */
  readonly fleet: FleetConfig | undefined;
  readonly issues: readonly Issue[];
}

function resolveFleet(options: LoadFleetOptions): Resolved {
  const home = resolve(options.home);
  const files = readFleetFiles(home, options.env);
  const issues = [...files.issues];
  const mesh = checkFile(MeshFile, files.mesh, issues);
  const ports = checkFile(PortsFile, files.ports, issues);
  if (mesh !== undefined && files.mesh !== undefined) issues.push(...checkMachines(mesh, files.mesh));
  const machines = mesh === undefined ? [] : machinesOf(mesh);
  if (mesh !== undefined && ports !== undefined && files.ports !== undefined) {
    issues.push(...checkPortPlan(ports, files.ports, machines, files.known));
  }
  const placed = machines.flatMap((machine) => {
    const own = ports?.[machine.name];
    return own === undefined ? [] : [{ ...machine, ports: own }];
  });
  const complete = placed.length > 0 && placed.length === machines.length;
  const references = complete ? referenceTable(placed) : undefined;

  const whole = new Map<string, MachineConfig>();
  for (const [name, tree] of files.machines) {
    const machine = resolveMachine(name, tree, { home, options, placed, references, issues });
    if (machine !== undefined) whole.set(name, machine);
  }
  const resolved = new Map(placed.map((machine) => [machine.name, whole.get(machine.name) ?? withoutAgents(machine)]));
  const { policies, streams, errors, alerts } = resolveRules(files, issues);
  const main = withAlerter(
    [...resolved.values()].find(isMainMachine),
    alerts,
    errors.rules,
    home,
    options,
    machines,
    issues,
  );
  if (main !== undefined) resolved.set(main.name, main);
  const { mesh: meshTree, ports: portsTree } = files;
  if (mesh === undefined || main === undefined || !meshTree || !portsTree) return { home, fleet: undefined, issues };
  const fleet: FleetConfig = {
    home,
    ...(options.env === undefined ? {} : { environment: options.env }),
    meshName: mesh.mesh,
    ...(mesh.security === undefined ? {} : { security: mesh.security }),
    machines: resolved,
    main,
    policies,
    streams,
    errors,
    alerts,
    warnings: securityWarnings(mesh),
    sources: { mesh: meshTree, ports: portsTree, machines: files.machines },
  };
  return { home, fleet, issues };
}

type PlacedMachine = Machine & { readonly ports: MachinePorts };

interface MachineSurroundings {
  readonly home: string;
  readonly options: LoadFleetOptions;
  /** The machines that have their ports. */
  readonly placed: readonly PlacedMachine[];
  /** Absent without a whole plan of ports: the load fails anyway, and the references of a file stay as they are written. */
  readonly references: ReturnType<typeof referenceTable> | undefined;
  readonly issues: Issue[];
}

/** One machine from its file; undefined, with issues, where it has no ports or its file is none. */
function resolveMachine(
  name: string,
  tree: Tree,
  { home, options, placed, references, issues }: MachineSurroundings,
): MachineConfig | undefined {
  const replaced = references === undefined ? { tree, issues: [] } : resolveReferences(tree, references);
  const file = checkFile(MachineFile, replaced.tree, issues);
  if (file === undefined) return undefined;
  const machine = placed.find((candidate) => candidate.name === name);
  const { agents, waves, ...faults } = resolveAgents(file, replaced.tree, {
    home,
    machine: name,
    ports: machine?.ports.agents ?? {},
    builtinModules: options.builtinModules ?? builtinModulesOnDisk,
    box: machine === undefined || references === undefined ? undefined : options.boxOf?.(machine),
  });
  const settings = machineSettings(file);
  issues.push(...replaced.issues, ...faults.issues, ...checkMachineSettings(settings, name, tree));
  return machine === undefined ? undefined : { ...withEndpoints(machine), ...settings, agents, waves };
}

/** What holds for the whole fleet. */
function resolveRules(files: FleetFiles, issues: Issue[]) {
  const { policies, ...policyFaults } = resolvePolicies(files.policies, servicesOf(files));
  const { streams, ...streamFaults } = resolveStreams(files.streams);
  const { errors, ...errorFaults } = resolveErrors(files.errors, servicesOf(files));
  const { alerts, ...alertFaults } = resolveAlerts(files.alerts, files.issues.length > 0 ? undefined : files.known);
  issues.push(...policyFaults.issues, ...streamFaults.issues, ...errorFaults.issues, ...alertFaults.issues);
  return { policies, streams, errors, alerts };
}

/** The typed value of a file that was read, or undefined with its faults added to `issues`. */
function checkFile<S extends TSchema>(schema: S, tree: Tree | undefined, issues: Issue[]): Static<S> | undefined {
  if (tree === undefined) return undefined;
  const checked = checkSchema(schema, tree);
  if (checked.ok) return checked.value;
  issues.push(...checked.issues);
  return undefined;
}

/** Main has one agent that nobody declares. */
function withAlerter(
  main: MainMachine | undefined,
  alerts: FleetAlerts,
  errorRules: FleetErrors['rules'],
  home: string,
  { builtinModules = builtinModulesOnDisk }: LoadFleetOptions,
  machines: readonly Machine[],
  issues: Issue[],
): MainMachine | undefined {
  if (main === undefined) return undefined;
  const names = machines.map(({ name }) => name);
  const spec = alerterSpec(alerts, { home, machine: main.name, machines: names, errorRules, builtinModules });
  if (spec === undefined) return main;
  if ('message' in spec) {
    issues.push(spec);
    return main;
  }
  const [first = [], ...rest] = main.waves;
  return { ...main, agents: [...main.agents, spec], waves: [[...first, spec.name], ...rest] };
}

/** Also those that the environment does without: rules for them may stay. */
const servicesOf = ({ known, issues }: FleetFiles): ReadonlySet<string> | undefined =>
  issues.length > 0 ? undefined : new Set([...known.values()].flatMap((agents) => [...agents]));

const withEndpoints = (machine: PlacedMachine) => ({
  ...machine,
  endpoints: endpointsOn(machine.address, machine.ports),
  bindEndpoints: endpointsOn(machine.listen, machine.ports),
});

/** Whose file is none. */
const withoutAgents = (machine: PlacedMachine): MachineConfig => ({
  ...withEndpoints(machine),
  ...machineSettings({}),
  agents: [],
  waves: [],
});

const isMainMachine = (machine: MachineConfig): machine is MainMachine =>
  machine.role === 'main' && isMainEndpoints(machine.endpoints) && isMainEndpoints(machine.bindEndpoints);
