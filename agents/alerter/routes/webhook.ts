/**
 * A webhook: one POST of JSON over http or https, to an address that was checked, over a connection of its own. It follows no
 * redirect, since that would lead past the check; it reads a bounded part of the answer, and has a bounded time for all of it.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { within } from '../../../common/core/clock.js';
import { MeshError, messageOf, toMeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { TextOrVariable, WebhookRoute } from '../../../common/protocol/alert-rule.js';
import type { Notice } from '../notice.js';
import { type CheckedTarget, checkedTarget, type Resolve, systemResolve } from './checked-address.js';
import type { Delivery } from './delivery.js';

export interface WebhookSurroundings {
  /** Of this process: what `{ env: NAME }` names. */
  readonly env: NodeJS.ProcessEnv;
  readonly resolve?: Resolve;
}

/** Never rejects. */
export async function tellWebhook(
  route: WebhookRoute,
  notice: Notice,
  surroundings: WebhookSurroundings,
): Promise<Delivery> {
  const ending = new AbortController();
  const tooLate = () => new MeshError('TIMED_OUT', `it took longer than ${route.timeoutMs} ms`);
  try {
    return await within(attempt(route, notice, surroundings, ending.signal), route.timeoutMs, tooLate);
  } catch (error) {
    const { code, hint } = toMeshError(error);
    const said = error instanceof MeshError && hint !== undefined ? `${error.message}: ${hint}` : messageOf(error);
    return { ok: false, said, isFinal: code === 'DENIED' || code === 'CONFIG_INVALID' };
  } finally {
    ending.abort();
  }
}

async function attempt(
  route: WebhookRoute,
  notice: Notice,
  { env, resolve = systemResolve }: WebhookSurroundings,
  signal: AbortSignal,
): Promise<Delivery> {
  const url = heldIn(route.url, env, 'its URL');
  const headers = Object.entries(route.headers).map(([name, value]) => [name, heldIn(value, env, `header ${name}`)]);
  const target = await checkedTarget(url, route.allowPrivate, resolve);
  signal.throwIfAborted();
  return post(target, Object.fromEntries(headers), JSON.stringify(notice), signal);
}

function heldIn(value: TextOrVariable, env: NodeJS.ProcessEnv, what: string): string {
  if (typeof value === 'string') return value;
  const held = env[value.env];
  if (held !== undefined && held !== '') return held;
  throw new MeshError('CONFIG_INVALID', `${what} is to be in ${value.env}, which main's node does not have`, {
    hint: `set ${value.env} where main is started`,
  });
}

function post(
  { url, lookup }: CheckedTarget,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<Delivery> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const own = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    // No agent: no connection that was made for somebody else, or that is kept for a name that leads elsewhere by then.
    const options = { method: 'POST', agent: false, lookup, signal, headers: { ...USER_AGENT, ...headers, ...own } };
    const sent = request(url, options, (response) => {
      const status = response.statusCode ?? 0;
      const chunks: Buffer[] = [];
      let size = 0;
      const end = () => {
        response.destroy();
        resolve(verdict(status, Buffer.concat(chunks).toString('utf8')));
      };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= limits.alertAnswerBytesMax) end();
      });
      response.once('end', end);
      // It has answered: how it ends its words changes nothing.
      response.once('error', end);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

const USER_AGENT = { 'user-agent': 'agent-mesh' };

/** Too much, too early, too late, and whatever is the other side's own trouble may be well the next time. */
function verdict(status: number, answer: string): Delivery {
  const said = `it answered ${status}${answer === '' ? '' : `: ${answer.slice(0, SHOWN).replaceAll(/\s+/g, ' ').trim()}`}`;
  if (status >= 200 && status < 300) return { ok: true, said };
  if (status >= 300 && status < 400) return { ok: false, said: `${said}; redirects are not followed`, isFinal: true };
  return { ok: false, said, isFinal: status < 500 && status !== 408 && status !== 425 && status !== 429 };
}

const SHOWN = 200;
