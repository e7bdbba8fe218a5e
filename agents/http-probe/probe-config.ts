/** The configuration of a probe, and its targets as something that can be asked. Nothing is asked here. */

import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { NAME_PATTERN } from '../../common/protocol/name.js';
import { type Static, Type } from '../../common/protocol/type.js';

const closed = { additionalProperties: false } as const;
export const TargetName = Type.String({ pattern: NAME_PATTERN, maxLength: limits.nameLengthMax });

const TargetConfig = Type.Object(
  {
    name: TargetName,
    url: Type.Optional(Type.String({ maxLength: limits.configTextMax, description: 'http or https' })),
    tcp: Type.Optional(Type.String({ maxLength: 512, description: 'host:port, or [address]:port' })),
    expectStatus: Type.Optional(
      Type.Integer({ minimum: 100, maximum: 599, description: 'of a url; default: any 2xx or 3xx' }),
    ),
  },
  closed,
);
type TargetConfig = Static<typeof TargetConfig>;

export const ProbeConfig = Type.Object(
  {
    intervalMs: Type.Integer({ minimum: 100, maximum: 3_600_000, default: 5_000 }),
    timeoutMs: Type.Integer({ minimum: 10, maximum: 600_000, default: 2_000 }),
    concurrency: Type.Integer({ minimum: 1, maximum: 256, default: 16, description: 'targets asked at the same time' }),
    targets: Type.Array(TargetConfig, { minItems: 1, maxItems: 1_000 }),
  },
  closed,
);
export type ProbeConfig = Static<typeof ProbeConfig>;

export type Target = { readonly name: string; readonly address: string } & (
  | { readonly kind: 'http'; readonly url: URL; readonly expectStatus: number | undefined }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
);

/** @throws CONFIG_INVALID naming the target and what is wrong with it */
export function targetsOf(config: ProbeConfig): Target[] {
  const names = new Set<string>();
  return config.targets.map((target) => {
    if (names.has(target.name)) throw invalid(target.name, 'there are two of that name', 'give each its own name');
    names.add(target.name);
    return targetOf(target);
  });
}

function targetOf({ name, url, tcp, expectStatus }: TargetConfig): Target {
  if ((url === undefined) === (tcp === undefined)) {
    throw invalid(name, 'it needs either a url or a tcp address', 'write url: http://… or tcp: host:port');
  }
  if (url !== undefined) {
    const parsed = httpUrlOf(name, url);
    // A query may carry a token: what is told of a target goes without it.
    return { kind: 'http', name, address: `${parsed.origin}${parsed.pathname}`, url: parsed, expectStatus };
  }
  if (expectStatus !== undefined)
    throw invalid(name, 'a tcp target has no status', 'remove expectStatus, or give a url');
  return { kind: 'tcp', name, address: `tcp://${tcp}`, ...hostAndPortOf(name, tcp ?? '') };
}

function httpUrlOf(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw invalid(name, `"${text.slice(0, 200)}" is not an http or https address`, 'write url: http://host/path');
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(name, 'its url carries a password', 'probe an address that needs none');
  }
  return url;
}

/** `localhost:80`, `10.0.0.1:80`, `[::1]:80`. */
function hostAndPortOf(name: string, text: string): { host: string; port: number } {
  const [, address, host, digits] = /^(?:\[([0-9a-fA-F:.%]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text) ?? [];
  const found = address ?? host;
  const port = Number(digits);
  if (found === undefined || port < 1 || port > 65_535) {
    throw invalid(name, `"${text}" is not host:port`, 'write tcp: host:port, or tcp: "[address]:port" for IPv6');
  }
  return { host: found, port };
}

const invalid = (name: string, what: string, hint: string) =>
  new MeshError('CONFIG_INVALID', `target ${name} of http-probe: ${what}`, { hint });
