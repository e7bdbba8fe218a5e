/**
 * Every command by its words, with one sentence and the way to its file. A command's file is only loaded when it is
 * asked for, so that `mesh ps` does not pay for all the others.
 */
import type { IndexedCommand } from './command/command.js';

export const commandIndex: readonly IndexedCommand[] = [
  {
    path: 'up',
    summary: 'start machines of the fleet, with progress and a live view',
    load: () => import('./commands/up.js'),
  },
  { path: 'down', summary: 'stop machines and leave no process behind', load: () => import('./commands/down.js') },
  { path: 'start', summary: 'start agents that are down', load: () => import('./commands/start.js') },
  { path: 'stop', summary: 'stop agents, and keep them down', load: () => import('./commands/stop.js') },
  { path: 'restart', summary: 'restart agents, at once or in turn', load: () => import('./commands/restart.js') },
  {
    path: 'reload',
    summary: 'roll out a changed configuration, agent by agent',
    load: () => import('./commands/reload.js'),
  },
  { path: 'ps', summary: 'the processes of every machine', load: () => import('./commands/ps.js') },
  {
    path: 'top',
    summary: 'what every agent uses, live over all machines',
    load: () => import('./commands/top.js'),
  },
  { path: 'status', summary: 'how each machine fares, and what is wrong', load: () => import('./commands/status.js') },
  {
    path: 'doctor',
    summary: 'what is wrong anywhere in the fleet, and what to do next',
    load: () => import('./commands/doctor.js'),
  },
  { path: 'logs', summary: 'the output of an agent', load: () => import('./commands/logs.js') },
  {
    path: 'wrap',
    summary: 'run a program and bring its standard error onto the error bus',
    load: () => import('./commands/wrap.js'),
  },
  {
    path: 'registry ls',
    summary: 'every agent that the mesh knows',
    load: () => import('./commands/registry-ls.js'),
  },
  {
    path: 'registry show',
    summary: 'one agent: where it is and what it can do',
    load: () => import('./commands/registry-show.js'),
  },
  {
    path: 'registry find',
    summary: 'agents by capability, action, state or machine',
    load: () => import('./commands/registry-find.js'),
  },
  {
    path: 'registry watch',
    summary: 'changes of the registry as they come',
    load: () => import('./commands/registry-watch.js'),
  },
  { path: 'call', summary: 'ask an agent for one of its actions', load: () => import('./commands/call.js') },
  { path: 'pub', summary: 'publish an event', load: () => import('./commands/pub.js') },
  { path: 'sub', summary: 'events as they come', load: () => import('./commands/sub.js') },
  {
    path: 'stream ls',
    summary: 'the streams that main holds, how much of each, and what is kept',
    load: () => import('./commands/stream-ls.js'),
  },
  {
    path: 'stream body',
    summary: 'what one record holds, also when that is large',
    load: () => import('./commands/stream-body.js'),
  },
  { path: 'stream emit', summary: 'store a durable record', load: () => import('./commands/stream-emit.js') },
  {
    path: 'stream tail',
    summary: "records of main's log, the last ones and those that come",
    load: () => import('./commands/stream-tail.js'),
  },
  {
    path: 'stream find',
    summary: "records of main's log by time, stream, agent, machine or trace",
    load: () => import('./commands/stream-find.js'),
  },
  {
    path: 'stream groups',
    summary: 'the consumer groups: how far each is, and who takes part',
    load: () => import('./commands/stream-groups.js'),
  },
  {
    path: 'stream group rm',
    summary: 'forget a consumer group, with its place and its dead letters',
    load: () => import('./commands/stream-group-rm.js'),
  },
  {
    path: 'stream dead ls',
    summary: 'records that their consumer group could not handle',
    load: () => import('./commands/stream-dead-ls.js'),
  },
  {
    path: 'stream dead replay',
    summary: 'have their group try dead letters once more',
    load: () => import('./commands/stream-dead-replay.js'),
  },
  {
    path: 'stream dead drop',
    summary: 'delete dead letters for good',
    load: () => import('./commands/stream-dead-drop.js'),
  },
  {
    path: 'error ls',
    summary: 'the error bus, grouped, latest first',
    load: () => import('./commands/error-ls.js'),
  },
  {
    path: 'error tail',
    summary: 'errors of all machines as they come',
    load: () => import('./commands/error-tail.js'),
  },
  {
    path: 'error show',
    summary: 'one group: where it happens, whom it hits, its occurrences',
    load: () => import('./commands/error-show.js'),
  },
  {
    path: 'error explain',
    summary: 'why errors are one group, part by part',
    load: () => import('./commands/error-explain.js'),
  },
  {
    path: 'error resolve',
    summary: 'its cause is mended; it regresses when it happens again',
    load: () => import('./commands/error-resolve.js'),
  },
  {
    path: 'error mute',
    summary: 'not to be heard of until a time or a number',
    load: () => import('./commands/error-mute.js'),
  },
  {
    path: 'error reopen',
    summary: 'it needs somebody after all',
    load: () => import('./commands/error-reopen.js'),
  },
  {
    path: 'alert ls',
    summary: 'the alert rules: which fire, what they told last',
    load: () => import('./commands/alert-ls.js'),
  },
  {
    path: 'alert test',
    summary: 'send a test notice the way of a rule or a route',
    load: () => import('./commands/alert-test.js'),
  },
  {
    path: 'journal status',
    summary: 'what each machine has stored, and what main has acknowledged',
    load: () => import('./commands/journal-status.js'),
  },
  {
    path: 'journal verify',
    summary: 'walk every hash of the journals and of the log',
    load: () => import('./commands/journal-verify.js'),
  },
  {
    path: 'journal sql',
    summary: 'ask a journal, all of them, or the log in SQL',
    load: () => import('./commands/journal-sql.js'),
  },
  {
    path: 'journal backup',
    summary: 'back journals and log up while they are at work',
    load: () => import('./commands/journal-backup.js'),
  },
  {
    path: 'journal backups',
    summary: 'the backups that are there',
    load: () => import('./commands/journal-backups.js'),
  },
  {
    path: 'journal restore',
    summary: 'put a backup in the place of a journal or of the log',
    load: () => import('./commands/journal-restore.js'),
  },
  {
    path: 'config validate',
    summary: 'check the configuration without starting anything',
    load: () => import('./commands/config-validate.js'),
  },
  {
    path: 'policy ls',
    summary: 'the policies of calls, with the file and line of each',
    load: () => import('./commands/policy-ls.js'),
  },
  {
    path: 'policy test',
    summary: 'what holds for the calls of an action, and what came of the last ones',
    load: () => import('./commands/policy-test.js'),
  },
  {
    path: 'service install',
    summary: 'units that start the machines of this box at boot',
    load: () => import('./commands/service-install.js'),
  },
  { path: 'service show', summary: 'which units are there', load: () => import('./commands/service-show.js') },
  { path: 'service uninstall', summary: 'remove those units', load: () => import('./commands/service-uninstall.js') },
  { path: 'port ls', summary: 'every port of the fleet and its state', load: () => import('./commands/port-ls.js') },
  {
    path: 'port check',
    summary: 'fail when a port is taken by a stranger',
    load: () => import('./commands/port-check.js'),
  },
  { path: 'init', summary: 'write the sample fleet into a folder', load: () => import('./commands/init.js') },
  {
    path: 'completion',
    summary: 'the completion script of a shell',
    load: () => import('./commands/completion.js'),
  },
];

export const groupSummaries: Readonly<Record<string, string>> = {
  registry: 'who is in the mesh',
  stream: 'durable records',
  error: 'the error bus',
  alert: 'who is told of what',
  journal: "a machine's own store",
  config: 'the files of the fleet',
  policy: 'how calls are treated',
  service: 'the fleet under the care of systemd',
  port: 'the ports of the fleet',
};
