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
    this.#subnet = `10.${100 + Math.floor(Math.random() * 100)}`;
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

  mend(): void {
    for (const host of HOSTS) run([...this.runner(host), 'iptables', '-F', 'INPUT']);
  }

  /** Idempotent. */
  close(): void {
    // The latest first. A namespace lives on, without a name, until the kernel has given up its last connection: the
    // cable within goes with it, the one to the test is taken away now.
    for (const [kind, name] of this.#made.splice(0).reverse()) run(['ip', kind, 'del', name]);
  }

  #make(): void {
    for (const host of HOSTS) {
      run(['ip', 'netns', 'add', this.#name(host)]);
      this.#made.push(['netns', this.#name(host)]);
      run([...this.runner(host), 'ip', 'link', 'set', 'lo', 'up']);
      run([...this.runner(host), 'iptables', '-S']);
    }
    run(this.#ip(`link add cable netns ${this.#name('main')} type veth peer name cable netns ${this.#name('pc2')}`));
    for (const [index, host] of HOSTS.entries()) {
      const inside = (command: string) => run([...this.runner(host), ...this.#ip(command)]);
      inside(`addr add ${this.address(host)}/24 dev cable`);
      inside('link set cable up');
      const outer = `m${index}${this.#mark}`;
      const net = `${this.#subnet}.${index + 1}`;
      run(this.#ip(`link add ${outer} type veth peer name test netns ${this.#name(host)}`));
      this.#made.push(['link', outer]);
      run(this.#ip(`addr add ${net}.1/24 dev ${outer}`));
      run(this.#ip(`link set ${outer} up`));
      inside(`addr add ${net}.2/24 dev test`);
      inside('link set test up');
      run(this.#ip(`route add ${this.address(host)}/32 via ${net}.2`));
    }
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
