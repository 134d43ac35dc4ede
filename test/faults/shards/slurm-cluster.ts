import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/programs/free-port.ts';

const programs = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'scontrol', 'unshare'];
const folders = [...process.env.PATH!.split(delimiter), '/usr/sbin'];
const missing = programs.find((program) => !folders.some((folder) => existsSync(join(folder, program))));

/** Why no cluster can be started here, or undefined. */
export const noSlurm =
  missing !== undefined
    ? `there is no ${missing} in PATH; install the packages slurm-wlm and munge`
    : process.getuid?.() === 0
      ? undefined
      : 'daemons of Slurm need root';

/** A task of an array. */
interface SlurmTask {
  readonly task: number;
  /** Such as `COMPLETED`. */
  readonly state: string;
  readonly restarts: number;
  /** The node that it ran on last. */
  readonly node: string;
}

/** A cluster of Slurm on this machine: a controller, and nodes whose processes have ids of their own, so that one dies with all of its processes. */
export class SlurmCluster {
  readonly #folder = mkdtempSync(join(tmpdir(), 'recsys-slurm-'));
  readonly #daemons: ChildProcess[] = [];
  readonly #nodes: ChildProcess[] = [];
  readonly #env = { ...process.env, PATH: folders.join(delimiter), SLURM_CONF: join(this.#folder, 'slurm.conf') };

  /** Starts a cluster whose nodes have a core each. */
  static async start(nodes: number): Promise<SlurmCluster> {
    const cluster = new SlurmCluster();
    try {
      await cluster.#start(nodes);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Adds an array of tasks. */
  submit(script: string, cwd: string): void {
    const path = join(cwd, 'job.sh');
    writeFileSync(path, script);
    execFileSync('sbatch', [path], { cwd, env: this.#env, stdio: 'ignore' });
  }

  /** Returns the tasks of all arrays that have begun. */
  tasks(): SlurmTask[] {
    return this.#control('show', 'job', '--oneliner').flatMap((line) => {
      const fieldOf = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(line)?.[1] ?? '';
      const [task, restarts] = [fieldOf('ArrayTaskId'), Number(fieldOf('Restarts'))];
      if (!/^\d+$/.test(task)) return []; // those that have not begun are one line
      return [{ task: Number(task), state: fieldOf('JobState'), restarts, node: fieldOf('NodeList') }];
    });
  }

  /** Returns how many tasks wait or run. */
  get open(): number {
    return this.#control('show', 'job', '--oneliner').filter((line) =>
      /JobState=(PENDING|RUNNING|COMPLETING)/.test(line),
    ).length;
  }

  /** Returns the number of the namespace that the process ids of a node are of. */
  namespaceOf(node: number): string {
    const slurmd = readFileSync(`/proc/${this.#nodes[node].pid}/task/${this.#nodes[node].pid}/children`, 'utf8').trim();
    return /\d+/.exec(readlinkSync(`/proc/${slurmd}/ns/pid`))![0];
  }

  /** Ends a node with all of its processes, as a power cut does. */
  async kill(node: number): Promise<void> {
    const ended = once(this.#nodes[node], 'exit');
    this.#nodes[node].kill('SIGKILL');
    await ended;
  }

  startNode(node: number): void {
    const isolated = ['--pid', '--fork', '--mount-proc', '--kill-child', 'slurmd', '-D', '-N', nameOf(node)];
    this.#nodes[node] = spawn('unshare', isolated, { env: this.#env, stdio: 'ignore' });
  }

  async stop(): Promise<void> {
    for (const daemon of [...this.#nodes, ...this.#daemons.reverse()]) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
      const ended = once(daemon, 'exit');
      daemon.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(nodes: number): Promise<void> {
    const at = (...path: string[]) => join(this.#folder, ...path);
    mkdirSync(at('state'));
    mkdirSync(at('munge'), { mode: 0o755 });
    writeFileSync(at('munge.key'), randomBytes(1024), { mode: 0o400 });
    const ports: number[] = [];
    while (ports.length <= nodes) ports.push(await freePort());
    const [controller, ...others] = ports;
    const own = hostname().split('.')[0];
    const lines = [
      'ClusterName=recsys',
      `SlurmctldHost=${own}(127.0.0.1)`,
      `SlurmctldPort=${controller}`,
      'SlurmUser=root',
      'SlurmdUser=root',
      // After the failure of a node, a task waits until its credential has expired: two minutes by default.
      `AuthInfo=socket=${at('munge', 'socket')},cred_expire=10`,
      `StateSaveLocation=${at('state')}`,
      `SlurmdSpoolDir=${at('%n')}`,
      `SlurmctldPidFile=${at('controller.pid')}`,
      `SlurmdPidFile=${at('%n.pid')}`,
      `SlurmctldLogFile=${at('controller.log')}`,
      `SlurmdLogFile=${at('%n.log')}`,
      'ProctrackType=proctrack/pgid',
      'TaskPlugin=task/none',
      'MpiDefault=none',
      'SelectType=select/cons_tres',
      'SelectTypeParameters=CR_Core',
      'SchedulerType=sched/builtin',
      'SlurmdTimeout=10',
      'MinJobAge=3600',
      'ReturnToService=2',
      ...others.map((port, i) => `NodeName=${nameOf(i)} NodeHostname=${own} NodeAddr=127.0.0.1 Port=${port} CPUs=1`),
      `PartitionName=all Nodes=${others.map((_, i) => nameOf(i)).join(',')} Default=YES MaxTime=INFINITE State=UP`,
    ];
    writeFileSync(at('slurm.conf'), `${lines.join('\n')}\n`);
    const files = ['socket', 'pid', 'log', 'seed'].map((name) => `--${name}-file=${at('munge', name)}`);
    files[0] = `--socket=${at('munge', 'socket')}`;
    this.#daemon('munged', '--foreground', '--force', `--key-file=${at('munge.key')}`, ...files);
    while (!existsSync(at('munge', 'socket'))) await sleep(50);
    this.#daemon('slurmctld', '-D');
    for (let node = 0; node < nodes; node++) this.startNode(node);
    for (let i = 0; this.#idle() < nodes; i++) {
      if (i === 150) throw new Error('the nodes of Slurm do not start');
      await sleep(200);
    }
  }

  #daemon(program: string, ...given: string[]): void {
    this.#daemons.push(spawn(program, given, { env: this.#env, stdio: 'ignore' }));
  }

  #idle(): number {
    try {
      return this.#control('show', 'node', '--oneliner').filter((line) => line.includes('State=IDLE ')).length;
    } catch {
      return 0; // there is no controller yet
    }
  }

  #control(...given: string[]): string[] {
    const printed = execFileSync('scontrol', given, {
      env: this.#env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return printed.split('\n').filter((line) => line !== '');
  }
}

/** Returns the name of a node. */
export const nameOf = (node: number): string => `node-${node}`;
