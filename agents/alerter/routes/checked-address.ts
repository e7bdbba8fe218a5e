/**
 * Where a webhook leads: its name is resolved once, every address that comes of it is checked, and the connection is made to
 * exactly those. Whoever owns the name can answer differently the next time (rebinding): nobody asks a next time.
 */
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { faultOfAddress, faultOfUrl, hostOf, isAddress } from '../../../common/config/rules/alert-routes.js';
import { MeshError, messageOf } from '../../../common/core/errors.js';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

/** As this box resolves names: its hosts file counts, and what it says is checked like anything else. */
export const systemResolve: Resolve = (host) => lookup(host, { all: true, verbatim: true });

export interface CheckedTarget {
  readonly url: URL;
  /** For the connection: answers what was checked, and asks nobody. */
  readonly lookup: LookupFunction;
}

/** @throws DENIED for a place to which nothing is sent, UNREACHABLE for a name that leads nowhere now */
export async function checkedTarget(text: string, allowPrivate: boolean, resolve: Resolve): Promise<CheckedTarget> {
  refuse(placeIn(text), faultOfUrl(text, allowPrivate));
  const url = new URL(text);
  const addresses = isAddress(url) ? [] : await resolved(hostOf(url), resolve);
  for (const { address } of addresses) refuse(hostOf(url), faultOfAddress(address, allowPrivate));
  return { url, lookup: answering(addresses) };
}

/** Without its path and query: those of a webhook are its key, and what is said of a refusal is told and kept. */
function placeIn(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url === undefined || url.host === '' ? 'its URL' : `${url.protocol}//${url.host}`;
}

function refuse(what: string, fault: { what: string; hint: string } | undefined): void {
  if (fault !== undefined) throw new MeshError('DENIED', `${what.slice(0, 200)} ${fault.what}`, { hint: fault.hint });
}

async function resolved(host: string, resolve: Resolve): Promise<readonly ResolvedAddress[]> {
  let addresses: readonly ResolvedAddress[];
  try {
    addresses = await resolve(host);
  } catch (error) {
    throw new MeshError('UNREACHABLE', `${host} cannot be resolved: ${messageOf(error)}`, { cause: error });
  }
  if (addresses.length === 0) throw new MeshError('UNREACHABLE', `${host} has no address`);
  return addresses;
}

/** An address in the URL itself was checked with it, and is never looked up. */
const answering =
  (addresses: readonly ResolvedAddress[]): LookupFunction =>
  (_host, options, callback) => {
    const [first] = addresses;
    if (first === undefined) callback(new MeshError('DENIED', 'a name was looked up that was not checked'), '', 0);
    else if (options.all === true) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
