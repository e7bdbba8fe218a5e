/**
 * What a doctor knows when it judges: what nodes, brokers and agents say of themselves at one moment, or why they say nothing.
 * And what it finds. Types only: a check is a function from the one to the other.
 */
import type { MeshError } from '../../common/core/errors.js';
import type { Output as Answer, GroupStateBody, ProcessRowBody } from '../../common/protocol/catalogue.js';
import type { FleetPort } from '../fleet/fleet-ports.js';

/** An agent or a broker that should answer. */
export interface PartSight {
  readonly instance: string;
  readonly machine: string;
  readonly kind: ProcessRowBody['kind'];
  /** Undefined when it did not answer in time. */
  readonly health: Answer<'mesh.health'> | undefined;
}

export interface ClockSight {
  /** Its wall clock minus ours, and how far that can be wrong: half of the way there and back. */
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

/** A node that answers. */
export interface NodeSight {
  readonly status: Answer<'node.status'>;
  readonly processes: readonly ProcessRowBody[];
  readonly journal: Answer<'journal.status'> | undefined;
  readonly version: string;
  readonly protocol: number;
  readonly clock: ClockSight;
  readonly parts: readonly PartSight[];
}

export interface MachineSight {
  readonly machine: string;
  /** What its node says, or why it says nothing. */
  readonly node: NodeSight | MeshError;
}

export interface Examination {
  readonly machines: readonly MachineSight[];
  /** Main's log; undefined when main was not asked. */
  readonly log: Answer<'log.status'> | MeshError | undefined;
  /** Main's consumer groups; none when main was not asked, or does not answer. */
  readonly groups: readonly GroupStateBody[];
  readonly ports: readonly FleetPort[];
}

/** problem: something does not work. warning: something was lost, or will not work for long. */
export type Severity = 'problem' | 'warning';

export interface Finding {
  /** Name of the check. */
  readonly check: string;
  readonly severity: Severity;
  readonly machine: string;
  /** Whom it is about: `agent@machine`, a machine, a port. */
  readonly subject: string;
  readonly what: string;
  /** A command or an imperative sentence. */
  readonly next: string;
}

export interface Check {
  readonly name: string;
  look(examination: Examination): Omit<Finding, 'check'>[];
}

/** The machines whose nodes answer. */
export const answering = ({ machines }: Examination): { readonly machine: string; readonly node: NodeSight }[] =>
  machines.flatMap(({ machine, node }) => ('status' in node ? [{ machine, node }] : []));

export const partsOf = (examination: Examination): readonly PartSight[] =>
  answering(examination).flatMap(({ node }) => node.parts);
