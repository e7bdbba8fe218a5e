/**
 * Two hosts on one box: network namespaces with a cable between them (a veth pair with addresses of 10.x), which iptables
 * can cut in either direction, as a switch that fails does: no reset, no refusal, nothing comes any more. A second cable
 * leads from each to the test itself and is never cut.
 *
 * Needs root, `ip` and `iptables`. `close` takes away all that was made.
 */
import { execFileSync } from 'node:child_process';

export type Host = 'main' | 'pc2';
const HOSTS: readonly Host[] = ['main', 'pc2'];
const STRIPES = 8;
const STRIPE = 12;

export class NetworkNamespaces {
  readonly #mark = `${process.pid.toString(36)}${Math.floor(Math.random() * 1296).toString(36)}`;
  readonly #subnet: string;
  readonly #made: (readonly [kind: 'netns' | 'link', name: string])[] = [];

  /** Undefined where it cannot be done, with the reason. */
  static open(): { readonly namespaces: NetworkNamespaces } | { readonly reason: string } {
    if (process.getuid?.() !== 0) return { reason: 'network namespaces need root' };
    const namespaces = new NetworkNamespaces();
    try {
      namespaces.#make();
      return { namespaces };
    } catch (error) {
      namespaces.close();
      return { reason: `network namespaces cannot be made here: ${String(error).split('\n')[0]}` };
    }
  }

  private constructor() {
    // Tests that run side by side never have the same one: each of their processes has a stripe of its own.
    const stripe = Number(process.env['MOCHA_WORKER_ID'] ?? 0) % STRIPES;
    this.#subnet = `10.${100 + stripe * STRIPE + Math.floor(Math.random() * STRIPE)}`;
  }

  /** Its end of the cable. */
  address(host: Host): string {
    return `${this.#subnet}.0.${HOSTS.indexOf(host) + 1}`;
  }

  /** What to write before a command to run it on a host. */
  runner(host: Host): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name(host)];
  }

  /** From now on nothing arrives at `host` over the cable. */
  deafen(host: Host): void {
    run([...this.runner(host), 'iptables', '-A', 'INPUT', '-i', 'cable', '-j', 'DROP']);
  }

  /** Both directions. */
  cut(): void {
    for (const host of HOSTS) this.deafen(host);
  }

  /** From now on so many packets in a hundred are lost, in each direction. */
  lose(percent: number): void {
    const dice = ['-m', 'statistic', '--mode', 'random', '--probability', String(percent / 100)];
    for (const host of HOSTS)
      run([...this.runner(host), 'iptables', '-A', 'INPUT', '-i', 'cable', ...dice, '-j', 'DROP']);
  }

  /** From now on each packet of a connection is answered with a reset. */
  reset(): void {
    const answer = ['-p', 'tcp', '-j', 'REJECT', '--reject-with', 'tcp-reset'];
    for (const host of HOSTS) run([...this.runner(host), 'iptables', '-A', 'INPUT', '-i', 'cable', ...answer]);
  }

  mend(): void {
    for (const host of HOSTS) run([...this.runner(host), 'iptables', '-F', 'INPUT']);
  }

  /** Every process of a host, by pid: whoever was started there, and whatever those started. */
  pids(host: Host): number[] {
    const text = execFileSync('ip', ['netns', 'pids', this.#name(host)], { encoding: 'utf8', timeout: 10_000 });
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  }

  /** Connections with the other host that the kernel of this one takes for alive. */
  connections(host: Host): number {
    const [other = host] = HOSTS.filter((candidate) => candidate !== host);
    const [program = '', ...argv] = this.runner(host);
    const question = ['ss', '-Htn', 'state', 'established', 'dst', this.address(other)];
    const text = execFileSync(program, [...argv, ...question], { encoding: 'utf8', timeout: 10_000 });
    return text.split('\n').filter((line) => line !== '').length;
  }

  /** The plug is pulled: its processes are gone at once, then its network. Nothing says goodbye. */
  powerOff(host: Host): void {
    this.#silence(host);
    for (const pid of this.pids(host)) process.kill(pid, 'SIGKILL');
    for (const name of [this.#outerLink(host), this.#name(host)]) {
      const at = this.#made.findIndex(([, made]) => made === name);
      for (const [kind] of this.#made.splice(at, 1)) run(['ip', kind, 'del', name]);
    }
    // A namespace lives on until the kernel has given up its last connection, and with it its end of the cable.
    const [other = host] = HOSTS.filter((candidate) => candidate !== host);
    // What a network card does not lose when the other end of its cable goes: its address.
    this.#inside(other, `addr add ${this.address(other)}/32 dev lo`);
    this.#inside(other, 'link del cable');
  }

  /** The host again, under its old address, with nothing running. */
  powerOn(host: Host): void {
    this.#makeHost(host);
    this.#connect();
    for (const each of HOSTS) this.#address(each);
    this.#lead(host);
  }

  /** Idempotent. */
  close(): void {
    // The latest first. A namespace lives on, without a name, until the kernel has given up its last connection: the
    // cable within goes with it, the one to the test is taken away now.
    for (const [kind, name] of this.#made.splice(0).reverse()) run(['ip', kind, 'del', name]);
  }

  #make(): void {
    for (const host of HOSTS) this.#makeHost(host);
    this.#connect();
    for (const host of HOSTS) {
      this.#address(host);
      this.#lead(host);
    }
  }

  #makeHost(host: Host): void {
    run(['ip', 'netns', 'add', this.#name(host)]);
    this.#made.push(['netns', this.#name(host)]);
    run([...this.runner(host), 'ip', 'link', 'set', 'lo', 'up']);
    run([...this.runner(host), 'iptables', '-S']);
  }

  /** The cable between the two. */
  #connect(): void {
    run(this.#ip(`link add cable netns ${this.#name('main')} type veth peer name cable netns ${this.#name('pc2')}`));
  }

  #address(host: Host): void {
    this.#inside(host, `addr add ${this.address(host)}/24 dev cable`);
    this.#inside(host, 'link set cable up');
  }

  /** The cable from a host to the test. */
  #lead(host: Host): void {
    const outer = this.#outerLink(host);
    const net = `${this.#subnet}.${HOSTS.indexOf(host) + 1}`;
    run(this.#ip(`link add ${outer} type veth peer name test netns ${this.#name(host)}`));
    this.#made.push(['link', outer]);
    run(this.#ip(`addr add ${net}.1/24 dev ${outer}`));
    run(this.#ip(`link set ${outer} up`));
    this.#inside(host, `addr add ${net}.2/24 dev test`);
    this.#inside(host, 'link set test up');
    run(this.#ip(`route add ${this.address(host)}/32 via ${net}.2`));
  }

  /** Nothing that its kernel says on behalf of dead processes reaches anybody. */
  #silence(host: Host): void {
    run([...this.runner(host), 'iptables', '-A', 'OUTPUT', '!', '-o', 'lo', '-j', 'DROP']);
  }

  #inside(host: Host, command: string): void {
    run([...this.runner(host), ...this.#ip(command)]);
  }

  #outerLink(host: Host): string {
    return `m${HOSTS.indexOf(host)}${this.#mark}`;
  }

  #name(host: Host): string {
    return `mesh-${host}-${this.#mark}`;
  }

  #ip(command: string): string[] {
    return ['ip', ...command.split(' ')];
  }
}

function run([program = '', ...argv]: readonly string[]): void {
  execFileSync(program, argv, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000 });
}
