/** The ways to tell somebody, by their names. */
import type { AgentLog } from '../../../common/log/log.js';
import type { AlertRoute } from '../../../common/protocol/alert-rule.js';
import type { Notice } from '../notice.js';
import type { Resolve } from './checked-address.js';
import { tellCommand } from './command.js';
import type { Delivery } from './delivery.js';
import { tellWebhook } from './webhook.js';

export interface TellerOptions {
  readonly routes: readonly AlertRoute[];
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Pick<AgentLog, 'warn' | 'info'>;
  readonly resolve?: Resolve;
}

export class Teller {
  readonly #routes: ReadonlyMap<string, AlertRoute>;

  constructor(private readonly options: TellerOptions) {
    this.#routes = new Map(options.routes.map((route) => [route.name, route]));
  }

  has(name: string): boolean {
    return this.#routes.has(name);
  }

  /** Never rejects. */
  tell(name: string, notice: Notice): Promise<Delivery> {
    const route = this.#routes.get(name);
    const { env, home, log, resolve } = this.options;
    switch (route?.kind) {
      case 'webhook':
        return tellWebhook(route, notice, { env, ...(resolve === undefined ? {} : { resolve }) });
      case 'command':
        return tellCommand(route, notice, { env, home });
      case 'log':
        log[notice.state === 'recovered' ? 'info' : 'warn']({ alert: notice }, notice.text);
        return Promise.resolve({ ok: true, said: 'it is in the log' });
      case undefined:
        return Promise.resolve({ ok: false, said: `there is no route ${name} any more`, isFinal: true });
    }
  }
}
