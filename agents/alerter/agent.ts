/** Tells people what the rules of config/alerts.yaml say. Runs on main, by itself, as soon as there are rules. */

import { limits } from '../../common/core/limits.js';
import { ALERTER, AlerterConfig } from '../../common/protocol/alert-rule.js';
import { ERROR_STATUS_STREAM, ERRORS_STREAM } from '../../common/protocol/errors/error-report.js';
import { Type } from '../../common/protocol/type.js';
import { defineAgent } from '../sdk/define-agent.js';
import type { Consumer } from '../sdk/records/consuming/consumer.js';
import { AlertStandings, standingsOf } from './alert-standings.js';
import { AlertTest, AlertTestInput, AlertTestOutput } from './alert-test.js';
import { Alerter } from './alerter.js';
import { FleetDoor } from './fleet-door.js';
import { Teller } from './routes/teller.js';

function alerterAgent() {
  let alerter: Alerter | undefined;
  let test: AlertTest | undefined;
  let door: FleetDoor | undefined;
  let running: Promise<void> | undefined;
  const consumers: Consumer[] = [];
  return defineAgent({
    name: ALERTER,
    description: 'tells people of new errors, regressions, bursts, and machines that are away',
    capabilities: ['alerts'],
    config: AlerterConfig,
    actions: {
      standings: {
        description: 'Each rule: whether it fires, what it told last, and what it holds back.',
        input: Type.Object({}, { additionalProperties: false }),
        output: AlertStandings,
        idempotent: true,
        run: () => (alerter === undefined ? { rules: [], waiting: 0 } : standingsOf(alerter)),
      },
      test: {
        description: 'Sends a notice that says it is a test by the routes of a rule, or by one route.',
        input: AlertTestInput,
        output: AlertTestOutput,
        concurrency: 1,
        queueMax: 4,
        run: (input) => test?.run(input),
      },
    },
    async onStart(context) {
      const { routes } = context.config;
      const teller = new Teller({ routes, home: context.home, env: process.env, log: context.log });
      const opened = new FleetDoor(context, process.env);
      door = opened;
      const started = await Alerter.open({ context, teller, intake: opened.intake, sight: opened.sight });
      alerter = started;
      test = new AlertTest(context.config, teller, () => started.book.nextId());
      running = started.run();
      // Its records are given back as soon as it is gone; while it lives it may wait long for its journal.
      const patience = { ackWaitMs: limits.groupAckWaitMsMax, deliveriesMax: limits.groupDeliveriesMax };
      const options = { from: 'new', inFlightMax: limits.alertInFlight, ...patience } as const;
      consumers.push(
        context.consume(ERRORS_STREAM, (record) => started.hear('error', record), { ...options, group: 'alerts' }),
        context.consume(ERROR_STATUS_STREAM, (record) => started.hear('standing', record), {
          ...options,
          group: 'alerts-standing',
        }),
      );
    },
    async onStop() {
      await running;
      await Promise.all([alerter?.close(), ...consumers.map((consumer) => consumer.close())]);
      await door?.close();
    },
  });
}

export default alerterAgent();
