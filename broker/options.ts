/**
 * What a broker is told by the node that starts it: one JSON value in `MESH_BROKER`. Checked here as a whole, so that
 * a broker either runs as it was meant or says what is wrong with its part and ends.
 */

import { MeshError, messageOf } from '../common/core/errors.js';
import { limits } from '../common/core/limits.js';
import { logLevels } from '../common/core/log-level.js';
import { Endpoint, Epoch, Name } from '../common/protocol/registry-entry.js';
import { compile } from '../common/protocol/schema.js';
import { type Static, Type } from '../common/protocol/type.js';

export const BROKER_VARIABLE = 'MESH_BROKER';

const BrokerPart = Type.Object(
  {
    machine: Name,
    role: Type.Enum(['main', 'secondary']),
    epoch: Epoch,
    bind: Type.Object(
      {
        broker: Endpoint,
        publish: Endpoint,
        subscribe: Endpoint,
        registry: Type.Optional(Endpoint),
        log: Type.Optional(Endpoint),
        /** The node's own: a machine's endpoints travel together. Not used here. */
        node: Type.Optional(Endpoint),
      },
      { additionalProperties: false },
    ),
    logFile: Type.Optional(
      Type.String({ minLength: 1, maxLength: limits.configTextMax, description: 'the merged log, on main' }),
    ),
    node: Type.Optional(Endpoint),
    logLevel: Type.Optional(Type.Enum([...logLevels])),
  },
  { additionalProperties: false },
);
export type BrokerPart = Static<typeof BrokerPart>;

/** What only the central broker has. */
export interface CentralPart {
  readonly registry: string;
  readonly log: string;
  readonly logFile: string;
  /** Where the node of its machine is asked; a node of an earlier release does not say it. */
  readonly node?: string;
}

export interface BrokerOptions {
  readonly machine: string;
  readonly epoch: number;
  readonly bind: { readonly broker: string; readonly publish: string; readonly subscribe: string };
  /** Undefined for a relay, which has the event proxy alone. */
  readonly central: CentralPart | undefined;
  readonly logLevel: BrokerPart['logLevel'];
}

const validator = compile<BrokerPart>(BrokerPart);

/** @throws CONFIG_INVALID naming what is wrong */
export function readBrokerOptions(text: string | undefined): BrokerOptions {
  if (text === undefined || text === '') {
    throw new MeshError('CONFIG_INVALID', `${BROKER_VARIABLE} is not set`, {
      hint: 'the broker is started by its node: run "mesh up"',
    });
  }
  const { machine, epoch, role, bind, logFile, node, logLevel } = validator.assert(
    parse(text),
    BROKER_VARIABLE,
    'CONFIG_INVALID',
  );
  return { machine, epoch, bind, logLevel, central: role === 'main' ? centralPart(bind, logFile, node) : undefined };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MeshError('CONFIG_INVALID', `${BROKER_VARIABLE} is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

function centralPart(
  { registry, log }: BrokerPart['bind'],
  logFile: string | undefined,
  node: string | undefined,
): CentralPart {
  if (registry !== undefined && log !== undefined && logFile !== undefined)
    return { registry, log, logFile, ...(node === undefined ? {} : { node }) };
  throw new MeshError(
    'CONFIG_INVALID',
    `${BROKER_VARIABLE} is not valid: the broker of the main machine needs bind.registry, bind.log and logFile`,
  );
}
