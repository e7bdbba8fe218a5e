/**
 * Well when a GET is answered with a status from 200 to 399. A redirect is an answer and is not followed: where it leads
 * is not the agent that is asked about. The body is not read.
 */
import { createRequire } from 'node:module';
import { systemCodeOf } from '../../../common/core/errors.js';
import { trusted } from '../../../common/core/extra-certificates.js';
import type { Check } from './probe.js';

/** Who can ask that URL: loaded with the first of its kind, because most machines have none. */
function asker(url: string) {
  if (!url.startsWith('https:'))
    return { get: (createRequire(import.meta.url)('node:http') as typeof import('node:http')).get };
  const { get } = createRequire(import.meta.url)('node:https') as typeof import('node:https');
  const { rootCertificates } = createRequire(import.meta.url)('node:tls') as typeof import('node:tls');
  return { get, ...trusted(process.env, rootCertificates) };
}

export function httpCheck(url: string): Check {
  const { get, ...trust } = asker(url);
  return (signal) =>
    new Promise((resolve, reject) => {
      // No agent: each check is a connection of its own, and none is kept open to a process that may be restarted.
      const request = get(url, { signal, agent: false, ...trust }, (response) => {
        const { statusCode = 0 } = response;
        request.destroy();
        if (statusCode >= 200 && statusCode <= 399) resolve();
        else reject(new Error(`${url} answered with status ${statusCode}`));
      });
      request.once('error', (error) => reject(new Error(`${url}: ${systemCodeOf(error) ?? error.message}`)));
    });
}
