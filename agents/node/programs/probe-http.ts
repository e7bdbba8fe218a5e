/**
 * Well when a GET is answered with a status from 200 to 399. A redirect is an answer and is not followed: where it leads
 * is not the agent that is asked about. The body is not read.
 */
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import { systemCodeOf } from '../../../common/core/errors.js';
import type { Check } from './probe.js';

export function httpCheck(url: string): Check {
  return (signal) =>
    new Promise((resolve, reject) => {
      const get = url.startsWith('https:') ? getSecure : getPlain;
      // No agent: each check is a connection of its own, and none is kept open to a process that may be restarted.
      const request = get(url, { signal, agent: false }, (response) => {
        const { statusCode = 0 } = response;
        request.destroy();
        if (statusCode >= 200 && statusCode <= 399) resolve();
        else reject(new Error(`${url} answered with status ${statusCode}`));
      });
      request.once('error', (error) => reject(new Error(`${url}: ${systemCodeOf(error) ?? error.message}`)));
    });
}
