import { assertTopic } from '../../common/protocol/topic.js';
import type { Command } from '../command/command.js';
import { readJson } from '../command/json-input.js';
import { missingBrokers, openEventPath } from '../fleet/event-path.js';

export const command: Command = {
  details:
    'To whoever is subscribed now, at most once; nothing is stored. For what must not be lost there is "mesh stream emit".',
  operands: [
    { syntax: '<topic>', description: 'dot-separated tokens, as in demo.greeting' },
    { syntax: '<json>', description: 'the body: JSON, @FILE, or - for standard input' },
  ],
  options: [{ flags: '--keep', description: 'as the last value of the topic, for those who subscribe later' }],
  examples: [
    { line: `mesh pub demo.greeting '{"text":"hi"}'`, explains: 'one event' },
    { line: `mesh pub demo.greeting '"hi"' --machine pc2`, explains: 'through the broker of pc2' },
    { line: `mesh pub demo.mode '"night"' --keep`, explains: 'a state that "mesh sub demo.mode --last" begins with' },
  ],
  async run(context, args) {
    const topic = args.operand(0);
    assertTopic(topic);
    const body = await readJson(args.operand(1), context.surroundings);
    const access = await context.access();
    const mesh = await access.mesh();
    const [missing] = await missingBrokers(access, [await context.machine(mesh.machine)]);
    if (missing !== undefined) throw missing;
    await openEventPath(mesh);
    mesh.publish(topic, body, { keepLast: args.flag('keep') });
    const { output } = context;
    if (!output.isHuman)
      await output.value(
        { topic, machine: mesh.machine },
        () => '',
        () => topic,
      );
    else output.note(`published on ${topic} through the broker of ${mesh.machine}`);
  },
};
