import { spawnSync } from 'node:child_process';

const ip = (...given: string[]): boolean => spawnSync('ip', given, { stdio: 'ignore' }).status === 0;

/**
 * Machines as network namespaces on one bridge: each has its own address, name and process ids, and all share the disk. A worker on one sees
 * nothing of the processes of another.
 */
export class Hosts {
  /** Address of this machine on the bridge. */
  readonly address: string;
  readonly #id = `rs${process.pid % 100_000}`;
  readonly #network = `10.${200 + (process.pid % 50)}.${process.pid % 250}`;
  readonly #number: number;

  private constructor(number: number) {
    this.#number = number;
    this.address = `${this.#network}.254`;
  }

  /** Returns machines, or undefined where the system lets nobody make namespaces. */
  static create(number: number): Hosts | undefined {
    const hosts = new Hosts(number);
    if (hosts.#make()) return hosts;
    hosts.dispose();
    return undefined;
  }

  /** What a command is put behind to run on a machine. */
  behind(host: number): string[] {
    const unshare = ['unshare', '--pid', '--uts', '--fork', '--mount-proc', '--kill-child'];
    const named = ['sh', '-c', 'hostname "$0" && exec "$@"', nameOf(host)];
    return ['ip', 'netns', 'exec', `${this.#id}-${host}`, ...unshare, ...named];
  }

  /** Takes the cable of a machine out, or puts it in. */
  setConnected(host: number, isConnected: boolean): void {
    if (!ip('link', 'set', this.#cable(host), isConnected ? 'up' : 'down'))
      throw new Error('a cable cannot be changed');
  }

  dispose(): void {
    for (let host = 0; host < this.#number; host++) ip('netns', 'delete', `${this.#id}-${host}`);
    ip('link', 'delete', this.#id);
  }

  #make(): boolean {
    const bridge = this.#id;
    if (!ip('link', 'add', bridge, 'type', 'bridge') || !ip('addr', 'add', `${this.address}/24`, 'dev', bridge))
      return false;
    if (!ip('link', 'set', bridge, 'up')) return false;
    return Array.from({ length: this.#number }, (_, host) => this.#makeHost(host)).every(Boolean);
  }

  #makeHost(host: number): boolean {
    const [name, cable] = [`${this.#id}-${host}`, this.#cable(host)];
    const inside = (...given: string[]) => ip('-n', name, ...given);
    return (
      ip('netns', 'add', name) &&
      ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name) &&
      ip('link', 'set', cable, 'master', this.#id, 'up') &&
      inside('addr', 'add', `${this.#network}.${host + 1}/24`, 'dev', 'eth0') &&
      inside('link', 'set', 'eth0', 'up') &&
      inside('link', 'set', 'lo', 'up')
    );
  }

  #cable(host: number): string {
    return `${this.#id}c${host}`;
  }
}

/** Returns the name of a machine. */
export const nameOf = (host: number): string => `host-${host}`;

/** Why machines cannot be made here, or undefined. */
export const whyNoHosts = (): string | undefined => {
  const hosts = Hosts.create(1);
  hosts?.dispose();
  return hosts === undefined ? 'this system cannot make network namespaces' : undefined;
};
