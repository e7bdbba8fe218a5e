/**
 * Starting, stopping and restarting by name. Each answers as soon as it has begun; how it goes on is what `node.ps` says.
 * A name is looked up among the processes that the configuration has: nothing else can be started here.
 */
import { MeshError } from '../../../common/core/errors.js';
import type { Output } from '../../../common/protocol/catalogue.js';
import type { MethodHandlers } from '../../../common/wire/answering/method-table.js';
import type { SupervisedProcess } from '../processes/supervised-process.js';
import { BROKER } from '../programs/process-plan.js';
import type { Supervisor } from '../supervision/supervisor.js';

export function controlMethods(
  supervisor: Supervisor,
  machine: string,
): Pick<MethodHandlers, 'node.start' | 'node.stop' | 'node.restart'> {
  const find = (name: string): SupervisedProcess => {
    supervisor.assertNotEnding();
    return supervisor.find(name);
  };
  return {
    'node.start': ({ agent }) => {
      const process = find(agent);
      process.start();
      supervisor.launchNow();
      return standing(process);
    },
    'node.stop': ({ agent }) => {
      const process = find(agent);
      if (agent === BROKER) {
        throw new MeshError('CONFLICT', `the broker of ${machine} ends with its machine`, {
          hint: `"mesh restart broker@${machine}" starts it anew, "mesh down ${machine}" takes the whole machine down`,
        });
      }
      void process.stop();
      return standing(process);
    },
    'node.restart': ({ agent }) => {
      const process = find(agent);
      const answer = standing(process);
      void process.restart('it was restarted by hand', 'person');
      supervisor.launchNow();
      return { ...answer, state: process.state };
    },
  };
}

const standing = ({ state, epoch }: SupervisedProcess): Output<'node.start'> => ({ state, epoch });
