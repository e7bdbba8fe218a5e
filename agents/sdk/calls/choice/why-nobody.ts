/**
 * Why no instance can be called now, as an error that says what there is; and whether that may change by itself, so that a
 * call does well to wait. Pure.
 */
import { MeshError } from '../../../../common/core/errors.js';
import { nearest } from '../../../../common/core/nearest.js';
import type { CallTarget } from '../../../../common/protocol/name.js';
import type { AgentView } from '../../../../common/protocol/registry-entry.js';
import {
  hasAction,
  hasCapability,
  hasVersion,
  type InRange,
  isOnMachine,
  isServing,
  isUnattached,
  mayCome,
} from './eligible.js';

export interface Nobody {
  readonly error: MeshError;
  readonly mayCome: boolean;
}

export interface KnownAgents {
  /** The instances of the service that is named, or of all. */
  readonly views: readonly AgentView[];
  readonly services: readonly string[];
}

/** Each line takes away those that do not fit; whoever is the first to leave nobody says so. */
export function whyNobody(target: CallTarget, { views, services }: KnownAgents, inRange: InRange): Nobody {
  if (views.length === 0) return forGood(noService(target, services));
  const here = views.filter((view) => isOnMachine(view, target));
  if (here.length === 0) return forGood(notOnMachine(target, views));
  const able = here.filter((view) => hasCapability(view, target));
  if (able.length === 0) return unlessUnattached(here, noCapability(target, views));
  const fitting = able.filter((view) => hasVersion(view, target, inRange));
  if (fitting.length === 0) return unlessUnattached(able, noVersion(target, able));
  const acting = fitting.filter((view) => hasAction(view, target));
  if (acting.length === 0) return unlessUnattached(fitting, noAction(target, fitting));
  const supervised = acting.filter((view) => isServing(view) && isUnattached(view));
  if (supervised.length > 0) return forGood(takesNoCalls(supervised));
  return { error: noneServes(target, acting), mayCome: acting.some(mayCome) };
}

/** For error texts: `echo`, `echo@^2`, `whoever can translate`. */
export function nameOf({ service, capability, version, machine }: CallTarget): string {
  const place = [version, machine].filter((part) => part !== undefined).join(' on ');
  const who = service === undefined ? `whoever can ${capability}` : `"${service}"`;
  return place === '' ? who : `${who} ${place}`;
}

const forGood = (error: MeshError): Nobody => ({ error, mayCome: false });

/** What an instance that is on its way is and can do is not known yet. */
const unlessUnattached = (views: readonly AgentView[], error: MeshError): Nobody => ({
  error,
  mayCome: views.some((view) => isUnattached(view) && mayCome(view)),
});

function noService({ service = '', capability }: CallTarget, services: readonly string[]): MeshError {
  if (service === '') {
    return new MeshError('NOT_FOUND', `there is no agent that can ${capability}: there is none at all`);
  }
  const near = nearest(service, services);
  return new MeshError('NOT_FOUND', `there is no agent "${service}"`, {
    hint: near === undefined ? 'see "mesh registry ls"' : `did you mean ${near}?`,
  });
}

function notOnMachine({ service, machine }: CallTarget, views: readonly AgentView[]): MeshError {
  const machines = [...new Set(views.map((view) => view.machine))].join(', ');
  if (service === undefined) {
    return new MeshError('NOT_FOUND', `there is no agent on ${machine}`, { hint: `there are agents on ${machines}` });
  }
  return new MeshError('NOT_FOUND', `there is no agent "${service}" on ${machine}`, { hint: `it runs on ${machines}` });
}

function noCapability({ service, capability = '' }: CallTarget, views: readonly AgentView[]): MeshError {
  const capabilities = new Set(views.flatMap((view) => view.capabilities));
  const near = nearest(capability, capabilities);
  const who = service === undefined ? 'no agent' : `no instance of "${service}"`;
  return new MeshError('NOT_FOUND', `${who} has the capability "${capability}"`, {
    hint: near === undefined ? 'see "mesh registry ls -o wide"' : `did you mean ${near}?`,
  });
}

function noVersion(target: CallTarget, views: readonly AgentView[]): MeshError {
  const versions = views.map(({ instance, version }) => `${instance} is ${version === '' ? 'unknown' : version}`);
  return new MeshError('NOT_FOUND', `no instance of "${target.service ?? target.capability}" is ${target.version}`, {
    hint: versions.join(', '),
  });
}

function noAction({ capability, action }: CallTarget, views: readonly AgentView[]): MeshError {
  const near = nearest(
    action,
    views.flatMap((view) => view.actions),
  );
  const names = views.map(({ instance }) => instance).join(', ');
  return new MeshError('UNKNOWN_METHOD', `none of those that can ${capability} has an action "${action}": ${names}`, {
    hint: near === undefined ? 'see "mesh registry show AGENT"' : `did you mean ${near}?`,
  });
}

function takesNoCalls(supervised: readonly AgentView[]): MeshError {
  const names = supervised.map(({ instance }) => instance).join(', ');
  return new MeshError('UNKNOWN_METHOD', `${names} takes no calls: it is a program that is only supervised`, {
    hint: 'a program that speaks the protocol (docs/PROTOCOL.md) has "attaches: true" in its set',
  });
}

function noneServes(target: CallTarget, views: readonly AgentView[]): MeshError {
  const states = views.map(({ instance, state }) => `${instance} is ${state}`).join(', ');
  return new MeshError('UNREACHABLE', `no instance of ${nameOf(target)} serves: ${states}`, {
    hint: `see "mesh logs ${views[0]?.agent}"`,
    details: { instances: views.map(({ instance, state }) => ({ instance, state })) },
  });
}
