/**
 * The file of certificates that a user names in NODE_EXTRA_CA_CERTS. Node reads it at each start, for longer than all else
 * that a keeper or a node does before it works: on the way to its agents, whose programs may need it, its name therefore
 * travels under a variable of ours, and a node that has to trust somebody reads it then.
 *
 * Where the user says in another way too whom to trust, all stays as it is.
 */
import { readFileSync } from 'node:fs';
import type { rootCertificates } from 'node:tls';

const NODE_VARIABLE = 'NODE_EXTRA_CA_CERTS';
const MESH_VARIABLE = 'MESH_EXTRA_CA_CERTS';

/** For the processes between the command and the agents. */
export function withCertificatesPutBy(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { [NODE_VARIABLE]: file, ...others } = env;
  if (file === undefined || /--use-\w+-ca/.test(env['NODE_OPTIONS'] ?? '')) return env;
  return { ...others, [MESH_VARIABLE]: file };
}

/** As it was before they were put by. */
export function withCertificates(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { [MESH_VARIABLE]: file, ...others } = env;
  return file === undefined ? env : { ...others, [NODE_VARIABLE]: file };
}

/** Whom this process trusts, where that is not what Node itself does. A file that cannot be read changes nothing, as with Node. */
export function trusted(env: NodeJS.ProcessEnv, roots: typeof rootCertificates): { readonly ca?: string[] } {
  const file = env[MESH_VARIABLE];
  if (file === undefined) return {};
  try {
    return { ca: [...roots, readFileSync(file, 'utf8')] };
  } catch {
    return {};
  }
}
