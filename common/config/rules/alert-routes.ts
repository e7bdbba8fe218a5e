/** One route of config/alerts.yaml: what it comes to, and what keeps it from ever working. Pure; asks no name server. */
import { addressClass } from '../../core/address-class.js';
import { messageOf } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { AlertRoute, WebhookRoute } from '../../protocol/alert-rule.js';
import { type Issue, issueAt } from '../source/issues.js';
import type { Origin, Path } from '../source/tree.js';
import { spanMs } from '../source/written-span.js';
import type { WrittenAlertRoute } from './alert-words.js';

type At = (...path: Path) => Origin;

export function resolveRoute(name: string, written: WrittenAlertRoute, at: At, issues: Issue[]): AlertRoute[] {
  const { webhook, command, log, env, timeout } = written;
  const refuse = (path: Path, what: string, hint: string) => {
    issues.push(issueAt(at(...path), what, hint));
    return [];
  };
  const kinds = Object.entries({ webhook, command, log }).flatMap(([kind, value]) =>
    value === undefined ? [] : [kind],
  );
  if (kinds.length !== 1) {
    const what = kinds.length === 0 ? 'leads nowhere' : `is several things: ${kinds.join(', ')}`;
    return refuse([], `the route \`${name}\` ${what}`, 'give it one of: webhook, command, log');
  }
  if (env !== undefined && command === undefined) {
    return refuse(['env'], `\`env\` is for a command, and \`${name}\` is a ${kinds[0]}`, 'remove it');
  }
  if (timeout !== undefined && log !== undefined)
    return refuse(['timeout'], '`timeout` means nothing to a log', 'remove it');
  const timeoutMs = timeout === undefined ? limits.alertTimeoutMs : spanMs(timeout);
  if (timeoutMs > limits.alertTimeoutMsMax) {
    return refuse(['timeout'], `\`timeout\` is longer than ${limits.alertTimeoutMsMax / 1_000}s`, 'make it shorter');
  }
  if (command !== undefined) return [{ name, kind: 'command', argv: command, env: env ?? [], timeoutMs }];
  if (webhook === undefined) return [{ name, kind: 'log' }];
  const { url, headers = {}, allowPrivate = false } = webhook;
  const route: WebhookRoute = { name, kind: 'webhook', url, headers, allowPrivate, timeoutMs };
  const fault = typeof url === 'string' ? faultOfUrl(url, allowPrivate) : undefined;
  if (fault !== undefined) issues.push(issueAt(at('webhook', 'url'), `\`webhook.url\` ${fault.what}`, fault.hint));
  const own = Object.keys(headers).find((header) => OWN_HEADERS.includes(header.toLowerCase()));
  if (own !== undefined) refuse(['webhook', 'headers', own], `the header \`${own}\` is the alerter's own`, 'remove it');
  return [route];
}

const OWN_HEADERS = ['host', 'content-length', 'content-type', 'transfer-encoding', 'connection', 'expect', 'upgrade'];

/** What of a URL can be told without asking anybody. The same is asked of one that a variable holds, when it is used. */
export function faultOfUrl(text: string, allowPrivate: boolean): { what: string; hint: string } | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    return { what: `is no URL: ${messageOf(error)}`, hint: 'write it as in https://hooks.example.com/path' };
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { what: `has the scheme ${url.protocol.slice(0, -1)}`, hint: 'only http and https are spoken' };
  }
  if (url.username !== '' || url.password !== '') {
    return { what: 'holds a name or a password', hint: 'give it as a header: { authorization: { env: NAME } }' };
  }
  const host = hostOf(url);
  if (!isAddress(url)) return undefined;
  if (!host.includes(':') && !text.includes(host)) {
    return { what: `hides the address ${host}`, hint: 'write an address as four numbers with dots' };
  }
  return faultOfAddress(host, allowPrivate);
}

export function faultOfAddress(address: string, allowPrivate: boolean): { what: string; hint: string } | undefined {
  const kind = addressClass(address);
  if (kind === 'forbidden') {
    return { what: `leads to ${address}, to which nothing is ever sent`, hint: 'name a host that others can reach' };
  }
  if (kind === 'public' || allowPrivate) return undefined;
  const hint = 'if that is meant, give the webhook `allowPrivate: true`';
  return { what: `leads to ${address}, which is inside of this network`, hint };
}

/** Without the brackets of an IPv6 address. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

/** As URLs have it: whatever form of an IPv4 address was written, it is four numbers here. */
export const isAddress = ({ hostname }: URL): boolean => hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
