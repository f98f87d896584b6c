/**
 * Sixty small tasks through three stages at a service, eight agents at once, each of twenty milliseconds: what the orchestrator
 * itself takes. For each program, the command of any version; what is measured in its process is measured by `loop-delay.js`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventsIn } from '../src/client/events.ts';
import { beginIn } from './judging.ts';
import { here, inDirectory } from './processes.ts';
import { median } from './statistics.ts';

const tasks = 60;
const atOnce = 8;
const agentMs = 20;

export interface SmallTasks {
  perMinute: number;
  /** Of the main thread, in milliseconds: how late it was for what was due. */
  blocked: { p99: number; most: number };
  /** Starts of git, on average of a task. */
  gits: number;
}

const turns = 3;

/** Of each program, in turns: medians. The starts of git are counted apart, since counting takes a shell for each. */
export async function measureSmallTasks(programs: readonly string[]): Promise<SmallTasks[]> {
  const rounds = programs.map((): SmallTasks[] => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, program] of programs.entries()) rounds[index]!.push(await goThrough(program));
  }
  const all: SmallTasks[] = [];
  for (const [index, program] of programs.entries()) {
    const of = (what: (round: SmallTasks) => number) => median(rounds[index]!.map(what));
    const { gits } = await goThrough(program, { isCounting: true });
    const blocked = { p99: of(round => round.blocked.p99), most: of(round => round.blocked.most) };
    all.push({ perMinute: of(round => round.perMinute), blocked, gits });
  }
  return all;
}

const stages = ['plan', 'build', 'check'];

/** Only the second writes code, so that no verdict lapses and each stage is visited once. */
const agentScript = `sleep ${agentMs / 1_000}
mkdir -p "docs/work-items/$SIGNALBOX_WORK_ITEM"
echo "$SIGNALBOX_STAGE" > "docs/work-items/$SIGNALBOX_WORK_ITEM/$SIGNALBOX_STAGE.md"
if [ "$SIGNALBOX_STAGE" = build ]; then echo "$SIGNALBOX_TASK_ID" > work.txt; fi
`;

/** A git that writes a letter for each start, before that of the machine on the way. */
const countingGit = (log: string, path: string) => `#!/bin/sh\nprintf . >> ${log}\nPATH='${path}' exec git "$@"\n`;

async function goThrough(program: string, { isCounting = false } = {}): Promise<SmallTasks> {
  return inDirectory(async directory => {
    const repository = join(directory, 'shop');
    mkdirSync(repository);
    writeFileSync(join(repository, 'README.md'), 'A shop\n');
    await beginIn(repository);
    writeFileSync(join(directory, 'agent.sh'), agentScript);
    const gate = (stage: string) => [{ kind: 'artifacts', name: `${stage}Log`, files: [`${stage}.md`] }];
    const pipeline = { name: 'small', stages: stages.map(name => ({ name, role: 'worker', gates: gate(name) })) };
    writeFileSync(join(directory, 'small.json'), JSON.stringify(pipeline));
    const config = {
      agents: { bot: { kind: 'command', program: ['sh', join(directory, 'agent.sh')] } },
      agent: 'bot',
      worker: { total: atOnce },
      projects: { shop: { repository, pipeline: join(directory, 'small.json') } },
    };
    writeFileSync(join(directory, 'signalbox.config.json'), JSON.stringify(config));
    const [delays, gits] = [join(directory, 'delays.json'), join(directory, 'gits')];
    mkdirSync(join(directory, 'bin'));
    writeFileSync(join(directory, 'bin/git'), countingGit(gits, process.env.PATH ?? ''), { mode: 0o755 });
    const env = {
      ...process.env,
      ...(isCounting && { PATH: `${join(directory, 'bin')}:${process.env.PATH}` }),
      ...{ SIGNALBOX_BENCH_DELAYS: delays, NODE_OPTIONS: `--import ${here('loop-delay.js')}` },
    };
    const args = [program, 'serve', '--port', '0', '--json', '--log-level', 'warn', '--data', join(directory, 'data')];
    const service = spawn(process.execPath, args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(service, 'exit');
    let ms: number;
    try {
      const [line] = await Promise.race([
        once(createInterface(service.stdout), 'line'),
        exited.then(() => Promise.reject(new Error(`${program} did not start`))),
      ]);
      const { url } = JSON.parse(String(line)) as { url: string };
      const ended = endsOf(url, tasks);
      // Awaited below: until then a failure must not end us, and leave the service behind.
      ended.catch(() => {});
      const began = performance.now();
      const headers = { 'content-type': 'application/json' };
      for (let index = 1; index <= tasks; index++) {
        const body = JSON.stringify({ id: `S-${index}`, title: 'Small', project: 'shop' });
        const answer = await fetch(`${url}/tasks`, { method: 'POST', headers, body });
        if (!answer.ok) throw new Error(await answer.text());
      }
      await ended;
      ms = performance.now() - began;
    } finally {
      service.kill('SIGTERM');
      await exited;
    }
    const blocked = JSON.parse(readFileSync(delays, 'utf8')) as SmallTasks['blocked'];
    const started = isCounting ? readFileSync(gits, 'utf8').length / tasks : 0;
    return { perMinute: (tasks * 60_000) / ms, blocked, gits: started };
  });
}

/** Resolves when so many tasks are done; rejects when one waits for a person, or has ended otherwise. */
async function endsOf(url: string, count: number): Promise<void> {
  const response = await fetch(`${url}/events`);
  let done = 0;
  for await (const { data } of eventsIn(response.body!.pipeThrough(new TextDecoderStream()))) {
    if (data === null) continue;
    const { kind, to, actorId } = JSON.parse(data) as { kind: string; to: string; actorId: string };
    if (kind !== 'task') continue;
    if (/blocked|awaiting|unready|failed|cancelled/.test(to)) {
      const { why } = (await (await fetch(`${url}/tasks/${actorId}`)).json()) as { why: string };
      throw new Error(`${actorId} is ${to}: ${why}`);
    }
    if (to === 'done') done += 1;
    if (done === count) return;
  }
}
